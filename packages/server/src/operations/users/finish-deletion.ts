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
  const left = await removeRest(services, given, options);
  const [ended = left] = isNameless(left) ? await endTogether(services, [left]) : [];
  return ended;
}

/** Whether only the files of the store may still have the user's id: `endTogether` ends it. */
export const isNameless = ({ userId, endedAt }: Deletion): boolean => userId === null && endedAt === null;

/** Likewise, but for the end: with it many deletions have the files of the store rewritten once. */
export async function removeRest(
  services: DeletionServices,
  given: Deletion,
  options: DeletionOptions = {},
): Promise<Deletion> {
  const { erasures, eventLog, webhooks, userRecords, clock } = services;
  const { userId } = given;
  if (given.endedAt !== null) return given;
  if (clock.now() < given.urlsEndAt) return given;
  if (userId === null) return given;

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
  return forgetUser(services, removedAll);
}

/** The deletion without the user's id, of whom no record is left. */
export async function forgetUser({ erasures }: DeletionServices, deletion: Deletion): Promise<Deletion> {
  const nameless: Deletion = { ...deletion, userId: null, askedBy: null };
  await erasures.putDeletion(nameless);
  return nameless;
}

/** The files of the store forget users' ids only after the last record has lost them. */
export async function endTogether(
  { erasures, userRecords, clock }: DeletionServices,
  nameless: readonly Deletion[],
): Promise<readonly Deletion[]> {
  if (nameless.length === 0) return [];
  await userRecords.scrub();
  const ended = nameless.map((deletion) => ({ ...deletion, endedAt: clock.now() }));
  for (const deletion of ended) await erasures.putDeletion(deletion);
  return ended;
}
