import { movingClock } from '../../../../test/services/moving-clock.ts';
import type { Principal } from '../../../domain/access/principal.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { createWatches } from '../../../observe/observer/store-calls.ts';
import { NO_TRACING } from '../../../observe/observer/tracing.ts';
import { createBearerAuthenticator, unauthenticated } from '../credential.ts';
import { createJwtVerifier, type JwtVerifierOptions } from './jwt.ts';
import type { TokenRules } from './token-rules.ts';

export const RULES: TokenRules = {
  issuer: null,
  audience: ['images'],
  audienceClaim: 'aud',
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  userClaims: ['sub'],
  actAsClaim: null,
  actAsPrefixesClaim: null,
  admin: null,
  require: null,
  scopePrefix: '',
  defaultScopes: ['images:read', 'images:write', 'images:upload'],
  clockSkewSeconds: 30,
};

/** Seconds since 1970, as in `exp`. */
export const secondsFromNow = (seconds: number, now = new Date()): number =>
  Math.floor(now.getTime() / 1_000) + seconds;

export const claimsOf = (
  sub: string,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({
  sub,
  aud: 'images',
  exp: secondsFromNow(3_600),
  ...more,
});

export interface TestVerifier extends Disposable {
  /** What a request with this bearer token gets. */
  authenticate(token: string): Promise<Principal>;
  readonly clock: ReturnType<typeof movingClock>;
  readonly warnings: string[];
  /** Calls to the issuer. */
  readonly calls: ServiceEvent[];
}

export function createTestVerifier(
  options: Partial<Pick<JwtVerifierOptions, 'keys' | 'secret'>>,
  rules: Partial<TokenRules> = {},
): TestVerifier {
  const clock = movingClock();
  const warnings: string[] = [];
  const warn = (sentence: string) => void warnings.push(sentence);
  const calls: ServiceEvent[] = [];
  const watch = createWatches({ clock, observe: (event) => calls.push(event) })('issuer');
  const shared = { clock, tracing: NO_TRACING, watch, warn };
  const all = { keys: null, secret: null, ...options, rules: { ...RULES, ...rules }, ...shared };
  const verifier = createJwtVerifier(all);
  const { authenticate } = createBearerAuthenticator([verifier]);
  return {
    authenticate: (token) =>
      authenticate(
        (name) => (name === 'authorization' ? [`Bearer ${token}`] : []),
        () => undefined,
      ),
    clock,
    warnings,
    calls,
    [Symbol.dispose]: () => verifier[Symbol.dispose](),
  };
}

/** What `assert.rejects` expects of a refused token: the same answer for every reason. */
export const refusedAs = (reason: string) => ({
  code: 'unauthenticated',
  detail: unauthenticated('malformed').detail,
  reason,
});
