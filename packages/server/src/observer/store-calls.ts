import type { Part, PartHealth } from '../health/part-health.ts';
import type { Observer } from './observer.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

/**
 * Emits a `store-call` for each call of one store, and updates the health of the part. The health is no listener: the answer of `/readyz`
 * must not depend on who listens.
 */
export interface StoreCalls {
  /** A failure counts against the part. Success proves nothing, since the answer may come from memory. */
  read<Result>(call: string, begin: () => Promise<Result>): Promise<Result>;
  /** A failure counts against the part. Success proves that the part can be written to if `isProof`, by default always. */
  write<Result>(call: string, begin: () => Promise<Result>, isProof?: (result: Result) => boolean): Promise<Result>;
  /** The health ignores the call. */
  watch<Result>(call: string, begin: () => Promise<Result>): Promise<Result>;
}

export interface StoreCallsOptions {
  readonly part: Part;
  readonly health: PartHealth;
  readonly clock: { elapsedMs(): number };
  readonly observe: Observer;
  readonly tracing?: Tracing;
}

export function createStoreCalls({
  part,
  health,
  clock,
  observe,
  tracing = NO_TRACING,
}: StoreCallsOptions): StoreCalls {
  const watch: StoreCalls['watch'] = (call, begin) => {
    const startMs = clock.elapsedMs();
    const ended = (outcome: 'done' | 'failed') => (): void =>
      observe({ event: 'store-call', part, call, outcome, elapsedMs: clock.elapsedMs() - startMs });
    const result = tracing.span(`${part} ${call}`, NO_ATTRIBUTES, begin);
    result.then(ended('done'), ended('failed'));
    return result;
  };

  return {
    watch,
    read(call, begin) {
      const result = watch(call, begin);
      result.catch((error: unknown) => health.failed('read', error));
      return result;
    },
    write(call, begin, isProof = () => true) {
      const result = watch(call, begin);
      result.then(
        (written) => isProof(written) && health.wrote(),
        (error: unknown) => health.failed('write', error),
      );
      return result;
    },
  };
}

/** The name says all. */
const NO_ATTRIBUTES = {};
