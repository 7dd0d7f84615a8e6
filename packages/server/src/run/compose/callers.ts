import { createAuthenticator, type ProcessAuthenticator } from '../../callers/authenticator/create-authenticator.ts';
import { createSignIn } from '../../callers/authenticator/jwt/sign-in.ts';
import { createRecentKeys, outdatingRecent } from '../../callers/authenticator/recent-keys.ts';
import { createRecentRevocations, outdatingRevocations } from '../../callers/authenticator/recent-revocations.ts';
import type { SignIn } from '../../callers/authenticator/sign-in.ts';
import { createRateLimiter } from '../../callers/rate-limiter/create-rate-limiter.ts';
import type { RateLimiter } from '../../callers/rate-limiter/rate-limiter.ts';
import { createUploadTokenText } from '../../domain/access/upload-token-text.ts';
import { createViewTokenText } from '../../domain/access/view-token-text.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { Watches } from '../../observe/observer/store-calls.ts';
import type { Tracing } from '../../observe/observer/tracing.ts';
import type { Clock, Services } from '../../services.ts';
import type { Config, Secrets } from '../config/config.ts';
import { type Keys, subkeys } from './signing-keys.ts';

interface CallerOptions {
  readonly keys: Services['keys'];
  readonly revocations: Services['revocations'];
  readonly signingKeys: Keys<string>;
  readonly clock: Clock;
  readonly observe: Observer;
  readonly tracing: Tracing;
  readonly watchOf: Watches;
  readonly warn: (sentence: string) => void;
}

/** The authenticator, the sign-in and the rate limiter. */
export interface Callers extends AsyncDisposable {
  /** A change by this process counts for its next request. */
  readonly keys: Services['keys'];
  readonly revocations: Services['revocations'];
  readonly uploadTokens: Services['uploadTokens'];
  readonly viewTokens: Services['viewTokens'];
  readonly authenticator: ProcessAuthenticator;
  /** null: the gallery sends nobody to an issuer. */
  readonly signIn: SignIn | null;
  /** For processes with clients. Waits for the shared store for a second at most. */
  openRateLimiters(): Promise<RateLimiters>;
}

export interface RateLimiters {
  /** null: nothing is limited. */
  readonly rateLimiter: RateLimiter | null;
  /** Counts wrong passwords, also where nothing else is limited. */
  readonly guesses: RateLimiter;
}

export async function openCallers(
  config: Config,
  secrets: Secrets,
  { keys, revocations, signingKeys, clock, observe, tracing, watchOf, warn }: CallerOptions,
): Promise<Callers> {
  await using stack = new AsyncDisposableStack();
  const { auth, rateLimits: limits, oidc } = config;
  const watch = watchOf('issuer');
  const uploadTokens = createUploadTokenText(subkeys(signingKeys, 'upload-tokens'));
  const viewTokens = createViewTokenText(subkeys(signingKeys, 'view-tokens'));
  const recentRevocations = createRecentRevocations({ revocations, elapsedMs: clock.elapsedMs });
  const recentKeys = createRecentKeys({ read: (id) => keys.get(id), elapsedMs: clock.elapsedMs });
  const { jwtSecret, rateLimitStore: storeUrl } = secrets;
  const authenticator = stack.use(
    await createAuthenticator(config, {
      keys,
      recentKeys,
      uploadTokens,
      viewTokens,
      recentRevocations,
      jwtSecret,
      clock,
      tracing,
      watch,
      warn,
    }),
  );
  const held = stack.move();
  return {
    keys: outdatingRecent(keys, recentKeys),
    revocations: outdatingRevocations(revocations, recentRevocations),
    uploadTokens,
    viewTokens,
    authenticator,
    signIn: oidc && createSignIn({ ...oidc, clock, tracing, watch, warn }),
    async openRateLimiters() {
      const authenticates = auth.length > 0;
      const options = { limits: limits ?? {}, authenticates, storeUrl, clock, observe, watch: watchOf('redis') };
      const limiter = held.use(await createRateLimiter(options));
      return { rateLimiter: limits && limiter, guesses: limiter };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
