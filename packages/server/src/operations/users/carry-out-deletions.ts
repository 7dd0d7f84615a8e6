import { exportsOfUser } from '../../domain/image/object-key.ts';
import type { Deletion } from '../../domain/user/deletion.ts';
import type { InOrder } from '../../flow/in-order.ts';
import type { Services } from '../../services.ts';
import { deleteUser, isUnbegun } from './delete-user.ts';
import { endTogether, forgetUser, isNameless, removeRest } from './finish-deletion.ts';
import { hasRecords } from './hide-images.ts';
import { inTurns } from './in-turns.ts';
import type { DeletionServices } from './user-services.ts';

export interface CarryOutServices extends DeletionServices, Pick<Services, 'observe'> {
  /** Takes what changes deletions: an attempt beside another one would store again what that one has just removed. */
  readonly deletionInOrder: InOrder;
}

/**
 * Deletions after which those that were asked for meanwhile are seen, and the files of the store forget their users.
 * Each reads all records.
 */
const AT_A_TIME = 20;

/**
 * Does all that can be done now for open deletions: those that were asked for over HTTP begin, and those whose last URL
 * has ended end. Callers take turns, so that who asks for many keeps nobody waiting. One that fails keeps no other from
 * it. Errors: those of `openDeletions`.
 */
export async function carryOutDeletions(services: CarryOutServices, signal: AbortSignal): Promise<void> {
  const { erasures, clock, deletionInOrder, observe } = services;
  const carryOut = async ({ userHash }: Deletion): Promise<Deletion | undefined> => {
    const deletion = await erasures.deletion(userHash); // a request may have changed it
    const begun = deletion && (deletion.askedBy !== null ? await beginAsked(services, deletion, signal) : deletion);
    return begun && removeRest(services, begun, { signal });
  };
  const attempt = <Result>(work: () => Promise<Result>): Promise<Result | undefined> =>
    deletionInOrder(work).catch((error: unknown) => {
      if (!signal.aborted) observe({ event: 'command-failed', error }); // the next round tries again
      return undefined;
    });
  const tried = new Set<string>();
  const isDue = ({ userHash, askedBy, urlsEndAt }: Deletion): boolean =>
    !tried.has(userHash) && (askedBy !== null || clock.now() >= urlsEndAt);
  const nextDue = async () => {
    const due = (await erasures.openDeletions()).filter(isDue);
    // Those that have begun are one caller's here.
    return inTurns(due.toSorted((one, other) => one.startedAt.getTime() - other.startedAt.getTime())).slice(
      0,
      AT_A_TIME,
    );
  };
  for (let due = await nextDue(); due.length > 0; due = await nextDue()) {
    const left: Deletion[] = [];
    for (const deletion of due) {
      signal.throwIfAborted();
      tried.add(deletion.userHash);
      const one = await attempt(() => carryOut(deletion));
      if (one) left.push(one);
    }
    await attempt(() => endTogether(services, left.filter(isNameless)));
  }
}

/** A user of whom nothing is found isn't blocked: the id may be misspelled. */
async function beginAsked(services: DeletionServices, deletion: Deletion, signal: AbortSignal): Promise<Deletion> {
  const { userId } = deletion;
  if (userId === null) return deletion;
  if (isUnbegun(services, deletion) && !(await hasRecords(services, userId, { signal }))) {
    await services.objects.erase(exportsOfUser(userId)); // made when there was something
    return forgetUser(services, deletion);
  }
  return deleteUser(services, { userId, blockDays: undefined }, { signal });
}
