import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import type { RequestKind } from '../../records/coordination/requests.ts';
import type { ArchiveServices } from '../../run/compose/archive.ts';

const LOOK_MS = 250;
/** A service looks for requests every second, unless it does another one. */
const TAKEN_MS = 30_000;

interface Asking {
  readonly kind: RequestKind;
  readonly body: object;
  /** A UUIDv7; absent: a new one. */
  readonly id?: string | undefined;
  /** How long the service may do other things first. */
  readonly takenMs?: number;
}

/**
 * Has the service that runs on the same data folder do something; its answer. Progress is printed. Aborting ends it in
 * the service too. Errors: `unavailable` with the service's sentence, or if the service doesn't take the request: one
 * of an older version never does.
 */
export async function askService(
  { requests, clock, newId }: Pick<ArchiveServices, 'requests' | 'clock' | 'newId'>,
  { kind, body, id = newId(), takenMs = TAKEN_MS }: Asking,
  signal: AbortSignal,
): Promise<unknown> {
  if (!requests) throw new Error('expected records in SQLite; got others');
  await requests.leave({ id, kind, body: JSON.stringify(body) }, clock.now());
  await using _asked = { [Symbol.asyncDispose]: () => requests.remove(id) }; // also if the operator stops waiting: the service stops too
  let waitsSinceMs = clock.elapsedMs();
  for (let told: string | null = null; ; await delay(LOOK_MS, undefined, { signal })) {
    const request = await requests.read(id);
    if (!request)
      throw new AppError('unavailable', 'expected the answer of the service; got none: run the command again');
    if (request.progress !== null && request.progress !== told) console.error(request.progress);
    told = request.progress;
    if (request.state === 'running') waitsSinceMs = clock.elapsedMs(); // a service that is stopped leaves it to the next one
    if (request.state === 'waiting' && clock.elapsedMs() - waitsSinceMs > takenMs) {
      const detail = `expected the running service to take the request within ${takenMs / 1000} s; it did not: it may be of an older version, or do what another command asks`;
      throw new AppError('unavailable', detail);
    }
    if (request.state !== 'done' && request.state !== 'failed') continue;
    if (request.state === 'failed') throw new AppError('unavailable', request.answer ?? 'The service failed');
    return JSON.parse(request.answer ?? 'null');
  }
}
