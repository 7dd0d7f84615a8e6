import type { Watch } from '../../../observe/observer/store-calls.ts';
import type { Tracing } from '../../../observe/observer/tracing.ts';
import type { SignIn } from '../sign-in.ts';
import { discoverOrigins } from './discovery.ts';

export interface SignInOptions extends Omit<SignIn, 'origins'> {
  readonly clock: { elapsedMs(): number };
  readonly tracing: Pick<Tracing, 'outgoing'>;
  readonly watch: Watch<'issuer'>;
  /** Gets a sentence for the operator. */
  readonly warn: (sentence: string) => void;
}

/** An issuer seldom moves an endpoint. */
const KEPT_MS = 3_600_000;
/** The page waits for the issuer's configuration this long, and then for half a minute not again. */
const ANSWER_MS = 3_000;
const RETRY_MS = 30_000;

/**
 * Reads the issuer's configuration with the first page, once for all that wait, and not by a timer: a function sleeps
 * between requests.
 */
export function createSignIn({ clock, tracing, watch, warn, ...about }: SignInOptions): SignIn {
  let known: readonly string[] = [new URL(about.issuer).origin];
  let untilMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      known = await watch('discoverOrigins', () => discoverOrigins(about.issuer, { signal, tracing }));
      untilMs = clock.elapsedMs() + KEPT_MS;
    } catch (error) {
      untilMs = clock.elapsedMs() + RETRY_MS;
      const reason = error instanceof Error ? error.message : String(error);
      warn(`The gallery can't learn where people sign in, and offers what it knew before: ${reason}`);
    }
  }

  return {
    ...about,
    async origins() {
      if (clock.elapsedMs() < untilMs) return known;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      await reading;
      return known;
    },
  };
}
