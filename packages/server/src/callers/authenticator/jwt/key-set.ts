import { AppError } from '../../../domain/errors.ts';
import { unlessAborted } from '../../../flow/abort.ts';
import type { SigningKeys } from './signing-keys.ts';

/** The issuer's keys, renewed while the service runs. Disposing ends a read that is under way. */
export interface KeySet extends Disposable {
  /** Waits for a read only if there are no usable keys yet, or nobody has asked for long. Errors: `unavailable`. */
  current(): Promise<SigningKeys>;
  /**
   * Keys that were read after the call, unless the last read is too recent: then the same as `current`. For a token of
   * an unknown key.
   */
  renewed(): Promise<SigningKeys>;
}

export interface KeySetOptions {
  readonly read: (signal: AbortSignal) => Promise<SigningKeys>;
  /** Keys of this age are read again. */
  readonly refreshMs: number;
  /** The shortest interval between the starts of two reads, whatever their outcome. */
  readonly intervalMs: number;
  /** A monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
  /** Gets a sentence for the operator, once while reads fail. */
  readonly warn: (sentence: string) => void;
}

const TIMEOUT_MS = 5_000;
/** An issuer's outage may last this long; after that, a key that it withdrew would have been accepted for too long. */
const KEPT_MS = 24 * 3_600_000;

export function createKeySet({ read, refreshMs, intervalMs, elapsedMs, warn }: KeySetOptions): KeySet {
  const disposing = new AbortController();
  let kept: { readonly keys: SigningKeys; readonly readAtMs: number } | undefined;
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let reading: Promise<void> | undefined;

  async function readOnce(): Promise<void> {
    const signal = AbortSignal.any([disposing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const readAtMs = elapsedMs();
      kept = { keys: await unlessAborted(read(signal), signal), readAtMs };
      failure = undefined;
    } catch (error) {
      if (failure === undefined && !disposing.signal.aborted) warn(sentenceOn(error, kept !== undefined));
      failure = error;
    }
  }

  /** All callers share one read. */
  async function renew(): Promise<void> {
    const now = elapsedMs();
    if (reading === undefined && now - startedAtMs >= intervalMs) {
      startedAtMs = now;
      reading = readOnce().finally(() => {
        reading = undefined;
      });
    }
    await reading;
  }

  function usable(): SigningKeys {
    if (kept !== undefined && elapsedMs() - kept.readAtMs < KEPT_MS) return kept.keys;
    const detail = "expected the token issuer's signing keys; got none in the last 24 hours: try again later";
    throw new AppError('unavailable', detail, { cause: failure });
  }

  return {
    async current() {
      const now = elapsedMs();
      const ageMs = now - (kept?.readAtMs ?? Number.NEGATIVE_INFINITY);
      if (ageMs >= refreshMs) {
        const wasIdle = now - startedAtMs >= 2 * refreshMs;
        const renewing = renew();
        if (wasIdle || ageMs >= KEPT_MS) await renewing;
      }
      return usable();
    },

    async renewed() {
      await renew();
      return usable();
    },

    [Symbol.dispose]: () => disposing.abort(),
  };
}

/** A key that never changes. */
export const createFixedKeySet = (keys: SigningKeys): KeySet => ({
  current: async () => keys,
  renewed: async () => keys,
  [Symbol.dispose]: () => undefined,
});

function sentenceOn(error: unknown, hasKeys: boolean): string {
  const reason = error instanceof Error ? error.message : String(error);
  const consequence = hasKeys ? 'the last keys serve for 24 hours' : 'every token is answered 503';
  return `The signing keys of tokens can't be read; until they can, ${consequence}: ${reason}`;
}
