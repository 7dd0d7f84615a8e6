import type { ActorId } from '../../domain/access/actor-id.ts';
import { type Deletion, NOTHING_REMOVED } from '../../domain/user/deletion.ts';
import { ERASURE_KEY_BYTES, userHashOf } from '../../domain/user/user-hash.ts';
import type { Services } from '../../services.ts';
import { hasKept } from './delete-user.ts';

/**
 * Asks for the deletion of all data of a user, which `carryOutDeletions` does: also where this process may read no more
 * than single records. While the user is blocked after a deletion, this answers its receipt; if the store kept objects,
 * that deletion is open again. Errors: those of `ErasureRepository`, and of the request that hurries the service.
 */
export async function askDeletion(
  services: Pick<Services, 'erasures' | 'operator' | 'clock' | 'newId' | 'randomBytes'>,
  { userId, actor }: { readonly userId: string; readonly actor: ActorId },
): Promise<Deletion> {
  const { erasures, operator, clock, newId, randomBytes } = services;
  const key = await erasures.addKey(Buffer.from(randomBytes(ERASURE_KEY_BYTES)).toString('hex'));
  const userHash = userHashOf(key, userId);
  const before = await erasures.deletion(userHash);
  if (before && isAnswer(services, before)) return before;
  const now = clock.now();
  const former = before ?? {
    userHash,
    startedAt: now,
    blockedUntil: now,
    urlsEndAt: now,
    counts: NOTHING_REMOVED,
  };
  const asked: Deletion = { ...former, userId, endedAt: null, askedBy: actor };
  await erasures.putDeletion(asked);
  await operator?.requests?.leave({ id: newId(), kind: 'carry-out-deletions', body: '{}' }, now);
  return asked;
}

/** Whether nothing is to be asked for: it is on its way, or has ended, and the user is still blocked. */
const isAnswer = (services: Pick<Services, 'clock'>, deletion: Deletion): boolean =>
  deletion.endedAt === null || (deletion.blockedUntil > services.clock.now() && !hasKept(services, deletion));
