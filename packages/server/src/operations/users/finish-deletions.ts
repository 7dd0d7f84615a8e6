import type { Services } from '../../services.ts';
import { finishDeletion } from './finish-deletion.ts';

/** Ends the deletions whose last URL has ended, if operators' commands leave that to the service. Errors: those of the stores. */
export async function finishDeletions(services: Services, signal: AbortSignal): Promise<void> {
  const { operator, erasures, clock } = services;
  if (!operator) return;
  for (const deletion of await erasures.openDeletions()) {
    signal.throwIfAborted();
    if (clock.now() >= deletion.urlsEndAt) await finishDeletion({ ...services, ...operator }, deletion, { signal });
  }
}
