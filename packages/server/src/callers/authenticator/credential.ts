import type { Principal } from '../../domain/access/principal.ts';
import { AppError } from '../../domain/errors.ts';
import type { Authenticator, BeforeGuess, HeaderValues } from './authenticator.ts';

/*
 * One credential, `Authorization: Bearer ...`, which http/admission/access.ts shows to the authenticator before a body
 * is read. Its shape chooses the verifier.
 *
 * - An API key (api-key.ts). domain/access/api-key-text.ts compares the checksum, so junk costs no read.
 *   recent-keys.ts reads the record, or remembers it for five seconds, also that an id is unknown.
 *   domain/access/api-key.ts compares the hash of the secret in constant time, and says what principal the key makes.
 *   A last use is written once an hour (key-uses.ts).
 * - An upload token (upload-token.ts), which operations/upload-tokens/mint-upload-token.ts sealed with its user,
 *   bounds and minter; nothing is stored. The minter's key is read by the same five seconds.
 *   operations/uploads/create-upload.ts refuses uploads outside its bounds (domain/access/upload-bounds.ts) and counts
 *   them with the record; operations/uploads/finalize-upload.ts rejects more bytes than it allows.
 * - A view token (view-token.ts), which operations/view-tokens/mint-view-token.ts sealed in the same way.
 *   recent-revocations.ts reads whether it was revoked, or remembers it for five seconds. domain/access/policy.ts shows
 *   its holder the ready images within its bounds, and operations/images/list-within.ts lists no others.
 * - A token of an issuer (jwt/): its keys, verification, and the principal that the claims make.
 *
 * domain/access/policy.ts then decides whether the principal may call the operation.
 */

/** Characters. A token with many claims has 4,000. */
const MAX_CREDENTIAL_LENGTH = 8_192;

/** Why a credential is refused: for the log and for metrics, never for the caller. */
export type CredentialFault =
  | 'missing'
  | 'repeated'
  | 'not-bearer'
  | 'too-long'
  | 'unknown-shape'
  | 'malformed'
  | 'unknown-key'
  | 'wrong-secret'
  | 'revoked'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'wrong-type'
  | 'wrong-signature'
  | 'wrong-algorithm'
  | 'refused-header'
  | 'unknown-signing-key'
  | 'missing-claim'
  | 'invalid-claim'
  | 'invalid-user'
  | 'wrong-minter';

const NONE = 'expected a valid credential, as Authorization: Bearer; got none';
const REFUSED =
  'expected a valid credential, as Authorization: Bearer; got one that is not accepted: send it whole, after the word Bearer, or another one if it has expired, was revoked, or is of another service. The log of the service has the reason under this request_id';

/** One answer for no credential, and one for every fault of one, so that it tells nothing about a key or a token. */
export const unauthenticated = (fault: CredentialFault): AppError =>
  new AppError('unauthenticated', fault === 'missing' ? NONE : REFUSED, { reason: fault });

/** Verifies credentials of one shape, such as API keys. */
export interface CredentialVerifier {
  /** By its shape alone. */
  matches(credential: string): boolean;
  /** Errors: `unauthenticated`; `unavailable` if what decides about it can't be read; those of `beforeGuess`. */
  verify(credential: string, beforeGuess: BeforeGuess): Promise<Principal>;
}

/**
 * Asks the verifier whose shape the bearer credential has (RFC 6750 2.1). Credentials in a query or a body aren't read.
 */
export const createBearerAuthenticator = (verifiers: readonly CredentialVerifier[]): Authenticator => ({
  async authenticate(headers, beforeGuess) {
    const credential = bearerOf(headers);
    const verifier = verifiers.find((one) => one.matches(credential));
    if (!verifier) throw unauthenticated('unknown-shape');
    return verifier.verify(credential, beforeGuess);
  },
});

function bearerOf(headers: HeaderValues): string {
  const [value, ...others] = headers('authorization');
  if (value === undefined) throw unauthenticated('missing');
  if (others.length > 0) throw unauthenticated('repeated');
  if (value.length > MAX_CREDENTIAL_LENGTH) throw unauthenticated('too-long');
  const credential = /^Bearer +([\w.~+/=-]+) *$/i.exec(value)?.[1];
  if (credential === undefined) throw unauthenticated('not-bearer');
  return credential;
}
