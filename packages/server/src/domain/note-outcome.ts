import type { Awaitable } from './awaitable.ts';
import type { PartHealth } from './part-health.ts';

/** Records the outcome of a call: as a write if its result shows that something was written. */
export function noteWrite<Result>(
  health: PartHealth,
  call: Promise<Result>,
  isWritten: (result: Result) => boolean = () => true,
): Promise<Result> {
  call.then(
    (result) => isWritten(result) && health.wrote(),
    (error: unknown) => health.failed('write', error),
  );
  return call;
}

/** The same for a write that may have had nothing to write: its success proves nothing. */
export function noteFailure<Result>(health: PartHealth, call: Promise<Result>): Promise<Result> {
  return noteWrite(health, call, () => false);
}

/** The same for a read. A cached result says nothing about the store. */
export function noteRead<Call extends Awaitable<unknown>>(health: PartHealth, call: Call): Call {
  if (call instanceof Promise) call.catch((error: unknown) => health.failed('read', error));
  return call;
}
