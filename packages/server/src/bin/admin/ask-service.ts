import { setTimeout as delay } from 'node:timers/promises';
import type { NewRequest, OperatorRequests } from '../../coordination/requests.ts';
import { AppError } from '../../domain/errors.ts';
import type { Clock } from '../../services.ts';

const POLL_MS = 500;
/** A running service begins within seconds, unless it does another request. */
const LATE_MS = 15_000;

interface AskOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (sentence: string) => void;
}

/**
 * Leaves a request for the service that runs beside the command, and waits for its answer. After an abort the service goes on. Errors:
 * `unavailable`, with a sentence for the operator.
 */
export async function askService(
  requests: OperatorRequests,
  request: NewRequest,
  { clock, signal, onProgress }: AskOptions,
): Promise<unknown> {
  const { id } = request;
  await requests.leave(request, clock.now());
  const sinceMs = clock.elapsedMs();
  for (;;) {
    const current = await requests.read(id);
    if (!current) throw new AppError('unavailable', 'expected an answer of the service; got none: see its log');
    if (current.state === 'done' || current.state === 'failed') {
      await requests.remove(id);
      if (current.state === 'failed')
        throw new AppError('unavailable', current.answer ?? 'The service failed: see its log');
      return JSON.parse(current.answer ?? 'null');
    }
    if (current.state === 'running') onProgress(current.progress ?? 'The service has begun');
    else if (clock.elapsedMs() - sinceMs > LATE_MS)
      onProgress('The service has not begun: it does another request, or it is of an older version');
    await delay(POLL_MS, undefined, { signal }).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
  }
}
