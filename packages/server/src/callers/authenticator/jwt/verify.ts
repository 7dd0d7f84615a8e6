import { errors, jwtVerify } from 'jose';
import { unauthenticated } from '../credential.ts';
import { type Claims, claimIn, hasValue, textsOf } from './claim-values.ts';
import type { SigningKey } from './signing-keys.ts';
import type { TokenRules } from './token-rules.ts';

/** The claims of a token that `key` has signed, that is valid now, and that is for us. Errors: `unauthenticated`. */
export async function verifiedClaims(
  token: string,
  { key }: SigningKey,
  rules: TokenRules,
  now: Date,
): Promise<Claims & { readonly exp: number }> {
  const { payload } = await jwtVerify<Claims>(token, key, {
    algorithms: [...rules.algorithms],
    ...(rules.issuer !== null && { issuer: rules.issuer }),
    requiredClaims: ['exp'],
    clockTolerance: rules.clockSkewSeconds,
    currentDate: now,
  }).catch((error: unknown) => {
    throw refusalOf(error);
  });
  requireAudience(payload, rules);
  if (rules.require !== null && !hasValue(payload, rules.require)) {
    throw unauthenticated(claimIn(payload, rules.require.claim) === undefined ? 'missing-claim' : 'invalid-claim');
  }
  const { exp = Number.NaN, iat = 0 } = payload;
  if (!Number.isFinite(exp)) throw unauthenticated('invalid-claim'); // 1e999 is JSON, and would never expire
  if (iat > now.getTime() / 1_000 + rules.clockSkewSeconds) throw unauthenticated('not-yet-valid');
  return { ...payload, exp };
}

function requireAudience(claims: Claims, { audience, audienceClaim }: TokenRules): void {
  const given = claimIn(claims, audienceClaim);
  if (given === undefined) throw unauthenticated('missing-claim');
  if (!textsOf(given).some((one) => audience.includes(one))) throw unauthenticated('wrong-audience');
}

/** jose's errors as the fault of a credential. */
function refusalOf(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return unauthenticated('expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') return unauthenticated('missing-claim');
    if (error.reason === 'check_failed' && error.claim === 'iss') return unauthenticated('wrong-issuer');
    if (error.reason === 'check_failed' && error.claim === 'nbf') return unauthenticated('not-yet-valid');
    return unauthenticated('invalid-claim');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return unauthenticated('wrong-signature');
  return error instanceof errors.JOSEError ? unauthenticated('malformed') : error;
}
