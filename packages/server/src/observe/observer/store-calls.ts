import { AppError, isServiceFault } from '../../domain/errors.ts';
import type { Part, PartHealth } from '../health/part-health.ts';
import type { CalledPart, CallOf } from './calls.ts';
import type { Observer } from './observer.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

/**
 * Emits a `store-call` when the call has ended; none if the caller's `signal` ended it, which says nothing about the
 * part.
 */
export type Watch<Called extends CalledPart> = <Result>(
  call: CallOf<Called>,
  begin: () => Promise<Result>,
  signal?: AbortSignal,
) => Promise<Result>;

/** The watches of all parts. */
export type Watches = <Called extends CalledPart>(part: Called) => Watch<Called>;

export interface WatchOptions {
  readonly clock: { elapsedMs(): number };
  readonly observe: Observer;
  readonly tracing?: Tracing;
}

export const createWatches =
  ({ clock, observe, tracing = NO_TRACING }: WatchOptions): Watches =>
  (part) =>
  (call, begin, signal) => {
    const startMs = clock.elapsedMs();
    const ended = (outcome: 'done' | 'failed'): void =>
      observe({ event: 'store-call', part, call, outcome, elapsedMs: clock.elapsedMs() - startMs });
    const result = tracing.span(`${part} ${call}`, NO_ATTRIBUTES, begin);
    result.then(
      () => ended('done'),
      (error: unknown) => {
        if (!signal?.aborted) ended(isRefusal(error) ? 'done' : 'failed');
      },
    );
    return result;
  };

/**
 * The part works: a quota is used up, the client left, a newer version wrote the record, or the disk has only its
 * reserve left.
 */
const isRefusal = (error: unknown): boolean =>
  error instanceof AppError && (!isServiceFault(error) || error.isOfNewerVersion || error.isExpected);

/** For calls that nobody listens to. */
export const UNWATCHED = <Result>(_call: string, begin: () => Promise<Result>): Promise<Result> => begin();

/**
 * Watches each call of one store, and updates the health of the part. The health is no listener: the answer of
 * `/readyz` must not depend on who listens.
 */
export interface StoreCalls<Called extends Part> {
  /** A failure counts against the part. Success proves nothing, since the answer may come from memory. */
  read<Result>(call: CallOf<Called>, begin: () => Promise<Result>, signal?: AbortSignal): Promise<Result>;
  /**
   * A failure counts against the part. Success proves that the part can be written to if `isProof`, by default always.
   */
  write<Result>(
    call: CallOf<Called>,
    begin: () => Promise<Result>,
    isProof?: (result: Result) => boolean,
  ): Promise<Result>;
  /** The health ignores the call. */
  readonly watch: Watch<Called>;
}

/** The name says all. */
const NO_ATTRIBUTES = {};

export interface StoreCallsOptions<Called extends Part> {
  readonly watch: Watch<Called>;
  readonly health: PartHealth;
}

export const createStoreCalls = <Called extends Part>({
  watch,
  health,
}: StoreCallsOptions<Called>): StoreCalls<Called> => ({
  watch,
  read(call, begin, signal) {
    const result = watch(call, begin, signal);
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
});
