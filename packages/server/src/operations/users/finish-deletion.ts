import { lastLookAt } from '../../domain/image/deadlines.ts';
import type { Deletion } from '../../domain/user/deletion.ts';
import { blockLonger, blockWhileOpen, shortestBlock } from './block-longer.ts';
import { eraseObjects } from './erase-objects.ts';
import { forgetPosition } from './forget-position.ts';
import { hideImages, isEmpty } from './hide-images.ts';
import { noteErasures } from './note-erasures.ts';
import type { DeletionOptions, DeletionServices } from './user-services.ts';

/**
 * Ends a deletion whose last URL has ended: removes what came meanwhile, and the records. It stays open if something
 * came so late that its own URL hasn't ended. Errors: those of the stores.
 */
export async function finishDeletion(
  services: DeletionServices,
  given: Deletion,
  options: DeletionOptions = {},
): Promise<Deletion> {
  const { erasures, eventLog, webhooks, userRecords, clock } = services;
  const { userId } = given;
  if (given.endedAt !== null) return given;
  if (clock.now() < given.urlsEndAt) return given;
  if (userId === null) return end(services, given);

  const deletion = await blockWhileOpen(services, given);
  const found = await hideImages(services, userId, options);
  const imageIds = await noteErasures(services, deletion, found.imageIds);
  const uploadsEndAt = lastLookAt(found.uploadsEndAt);
  if (uploadsEndAt > clock.now()) {
    const open = { ...deletion, urlsEndAt: uploadsEndAt };
    const later = await blockLonger(services, open, shortestBlock(open));
    await erasures.putDeletion(later);
    return later;
  }

  const { objects, versions, kept } = await eraseObjects(
    services,
    { userId, imageIds, guestKeys: found.guestKeys, sharesFolder: found.sharesFolder },
    options,
  );
  await forgetPosition(services, userId);
  const counted: Deletion = { ...deletion, counts: { ...deletion.counts, images: imageIds.length } };
  await eventLog?.eraseUser(userId);
  await webhooks.eraseUser(userId);
  const removed = await userRecords.remove({ userId, imageIds, tokenIds: [...found.tokenIds], keys: found.keys });
  const { counts } = counted;
  const removedAll: Deletion = {
    ...counted,
    counts: {
      images: counts.images,
      objects: counts.objects + objects,
      versions: counts.versions + versions,
      kept,
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
  // Events of changes that were on their way: none comes after the last image is removed.
  if (eventLog && (await eventLog.eraseUser(userId)) > 0) return removedAll;
  if ((await webhooks.eraseUser(userId)) > 0) return removedAll;
  return endNameless(services, removedAll);
}

/** Ends a deletion of a user of whom there is nothing. */
export async function endNameless(services: DeletionServices, deletion: Deletion): Promise<Deletion> {
  const nameless: Deletion = { ...deletion, userId: null, askedBy: null };
  await services.erasures.putDeletion(nameless);
  return end(services, nameless);
}

/** The files of the store forget the user's id only after its last record has lost it. */
async function end({ erasures, userRecords, clock }: DeletionServices, deletion: Deletion): Promise<Deletion> {
  await userRecords.scrub();
  const ended = { ...deletion, endedAt: clock.now() };
  await erasures.putDeletion(ended);
  return ended;
}
