import { lastLookAt } from '../../domain/image/deadlines.ts';
import type { Deletion } from '../../domain/user/deletion.ts';
import { eraseObjects } from './erase-objects.ts';
import { forgetPosition } from './forget-position.ts';
import { hideImages, isEmpty } from './hide-images.ts';
import { noteErasures } from './note-erasures.ts';
import type { DeletionOptions, DeletionServices } from './user-services.ts';

/**
 * Ends a deletion whose last URL has ended: removes what came meanwhile, and the records. It stays open if something came so late that its
 * own URL hasn't ended. Errors: those of the stores.
 */
export async function finishDeletion(
  services: DeletionServices,
  deletion: Deletion,
  options: DeletionOptions = {},
): Promise<Deletion> {
  const { erasures, userRecords, clock } = services;
  const { userId } = deletion;
  if (deletion.endedAt !== null) return deletion;
  if (clock.now() < deletion.urlsEndAt) return deletion;
  if (userId === null) return end(services, deletion);

  const found = await hideImages(services, userId, options);
  const imageIds = await noteErasures(services, deletion, found.imageIds);
  const uploadsEndAt = lastLookAt(found.uploadsEndAt);
  if (uploadsEndAt > clock.now()) return reopened(services, { ...deletion, urlsEndAt: uploadsEndAt });

  const { objects, versions } = await eraseObjects(
    services,
    { userId, imageIds, sharesFolder: found.sharesFolder },
    options,
  );
  await forgetPosition(services, userId);
  const counted: Deletion = { ...deletion, counts: { ...deletion.counts, images: imageIds.length } };
  const removed = await userRecords.remove({ userId, imageIds, tokenIds: [...found.tokenIds], keys: found.keys });
  const { counts } = counted;
  const removedAll: Deletion = {
    ...counted,
    counts: {
      images: counts.images,
      objects: counts.objects + objects,
      versions: counts.versions + versions,
      keys: counts.keys + removed.keys,
      keysChanged: counts.keysChanged + removed.keysChanged,
      tokenCounts: counts.tokenCounts + removed.tokenCounts,
      keyUses: counts.keyUses + removed.keyUses,
    },
  };
  await erasures.putDeletion(removedAll); // with the user's id, until nothing else has it
  options.onProgress?.('records and objects are removed; looking for what came meanwhile');
  const late = await hideImages(services, userId, options);
  if (!isEmpty(late)) return removedAll;
  const nameless: Deletion = { ...removedAll, userId: null };
  await erasures.putDeletion(nameless);
  return end(services, nameless);
}

/** The files of the store forget the user's id only after its last record has lost it. */
async function end({ erasures, userRecords, clock }: DeletionServices, deletion: Deletion): Promise<Deletion> {
  await userRecords.scrub();
  const ended = { ...deletion, endedAt: clock.now() };
  await erasures.putDeletion(ended);
  return ended;
}

async function reopened({ erasures, newId }: DeletionServices, deletion: Deletion): Promise<Deletion> {
  const { userHash, startedAt, urlsEndAt, blockedUntil } = deletion;
  const isBlocked = blockedUntil >= urlsEndAt;
  const later = isBlocked ? deletion : { ...deletion, blockedUntil: urlsEndAt };
  if (!isBlocked)
    await erasures.add({ id: newId(), userHash, imageIds: [], erasedAt: startedAt, blockedUntil: urlsEndAt });
  await erasures.putDeletion(later);
  return later;
}
