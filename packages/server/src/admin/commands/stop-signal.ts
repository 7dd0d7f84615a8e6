import { AppError } from '../../domain/errors.ts';
import { onStopSignal } from '../../run/process/stop-signals.ts';

/** Aborts on the first signal, so that a command ends in order. A second one ends the process. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  onStopSignal(async (reason) => {
    stopping.abort(new AppError('unavailable', `Interrupted (${reason}): the same command continues where it stopped`));
  });
  return stopping.signal;
}
