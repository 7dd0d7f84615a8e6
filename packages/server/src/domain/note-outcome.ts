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

/** The same of a read. A read that succeeds is not noted: its answer may come from memory. */
export function noteRead<Result>(health: PartHealth, call: Promise<Result>): Promise<Result> {
  call.catch((error: unknown) => health.failed('read', error));
  return call;
}
