import type { Part, PartHealth } from '../domain/part-health.ts';
import type { Observer } from './observer.ts';

/**
 * Emits a `store-call` for each call of one store, and updates the health of the part. The health is no listener: the answer of `/readyz`
 * must not depend on who listens. An answer that is no promise comes from memory, and counts as no call.
 */
export interface StoreCalls {
  /** A failure counts against the part. */
  read<Answer>(call: string, begin: () => Answer): Answer;
  /** A failure counts against the part; success proves that the part can be written to, where `isProof`: by default always. */
  write<Result>(call: string, begin: () => Promise<Result>, isProof?: (result: Result) => boolean): Promise<Result>;
  /** Leaves the health alone, for a call that may fail by another's fault. */
  watch<Answer>(call: string, begin: () => Answer): Answer;
}

export interface StoreCallsOptions {
  readonly part: Part;
  readonly health: PartHealth;
  readonly clock: { elapsedMs(): number };
  readonly observe: Observer;
}

export function createStoreCalls({ part, health, clock, observe }: StoreCallsOptions): StoreCalls {
  const watch = <Answer>(call: string, begin: () => Answer): Answer => {
    const startMs = clock.elapsedMs();
    const ended = (outcome: 'done' | 'failed') => (): void =>
      observe({ event: 'store-call', part, call, outcome, elapsedMs: clock.elapsedMs() - startMs });
    const answer = begin();
    if (answer instanceof Promise) answer.then(ended('done'), ended('failed'));
    return answer;
  };

  return {
    watch,
    read(call, begin) {
      const answer = watch(call, begin);
      if (answer instanceof Promise) answer.catch((error: unknown) => health.failed('read', error));
      return answer;
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
