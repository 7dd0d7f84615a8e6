import type { Deletion } from '../../domain/user/deletion.ts';
import type { InOrder } from '../../flow/in-order.ts';
import type { Services } from '../../services.ts';
import { deleteUser, isUnbegun } from './delete-user.ts';
import { endNameless, finishDeletion } from './finish-deletion.ts';
import { findRecords, isEmpty } from './hide-images.ts';
import type { DeletionServices } from './user-services.ts';

export interface CarryOutServices extends DeletionServices, Pick<Services, 'observe'> {
  /** Takes what changes deletions: an attempt beside another one would store again what that one has just removed. */
  readonly deletionInOrder: InOrder;
}

/**
 * Does all that can be done now for open deletions, the oldest first: those that were asked for over HTTP begin, and
 * those whose last URL has ended end. One that fails keeps no other from it. Errors: those of `openDeletions`.
 */
export async function carryOutDeletions(services: CarryOutServices, signal: AbortSignal): Promise<void> {
  const { erasures, clock, deletionInOrder, observe } = services;
  const carryOut = async ({ userHash }: Deletion): Promise<void> => {
    const deletion = await erasures.deletion(userHash); // a request may have changed it
    if (!deletion) return;
    const begun = deletion.isAsked ? await beginAsked(services, deletion, signal) : deletion;
    await finishDeletion(services, begun, { signal });
  };
  for (const deletion of (await erasures.openDeletions()).toSorted(byAge)) {
    signal.throwIfAborted();
    if (!deletion.isAsked && clock.now() < deletion.urlsEndAt) continue;
    await deletionInOrder(() => carryOut(deletion)).catch((error: unknown) => {
      if (!signal.aborted) observe({ event: 'command-failed', error }); // the next round tries again
    });
  }
}

/** A user of whom nothing is found isn't blocked: the id may be misspelled. */
async function beginAsked(services: DeletionServices, deletion: Deletion, signal: AbortSignal): Promise<Deletion> {
  const { userId } = deletion;
  if (userId === null) return deletion;
  if (isUnbegun(services, deletion) && isEmpty(await findRecords(services, userId, { signal })))
    return endNameless(services, deletion);
  return deleteUser(services, { userId, blockDays: undefined }, { signal });
}

const byAge = (one: Deletion, other: Deletion): number => one.startedAt.getTime() - other.startedAt.getTime();
