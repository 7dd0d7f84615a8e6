import type { Deletion } from '../../domain/user/deletion.ts';
import type { Services } from '../../services.ts';
import { finishDeletion } from './finish-deletion.ts';

/**
 * Ends the deletions whose last URL has ended, if operators' commands leave that to the service. One that fails keeps
 * no other from it. Errors: those of `openDeletions`.
 */
export async function finishDeletions(services: Services, signal: AbortSignal): Promise<void> {
  const { operator, erasures, clock, observe } = services;
  if (!operator) return;
  const finish = async ({ userHash }: Deletion): Promise<void> => {
    const deletion = await erasures.deletion(userHash); // a request may have changed it
    if (deletion) await finishDeletion({ ...services, ...operator }, deletion, { signal });
  };
  for (const deletion of await erasures.openDeletions()) {
    signal.throwIfAborted();
    if (clock.now() < deletion.urlsEndAt) continue;
    await operator
      .deletionInOrder(() => finish(deletion))
      .catch((error: unknown) => {
        if (!signal.aborted) observe({ event: 'command-failed', error }); // the next round tries again
      });
  }
}
