import { lastLookAt } from '../../domain/image/deadlines.ts';
import { type Deletion, NOTHING_REMOVED } from '../../domain/user/deletion.ts';
import { ERASURE_KEY_BYTES, userHashOf } from '../../domain/user/user-hash.ts';
import { eraseObjects } from './erase-objects.ts';
import { hideImages, isEmpty } from './hide-images.ts';
import { noteErasures } from './note-erasures.ts';
import type { DeletionOptions, DeletionServices } from './user-services.ts';

export interface DeleteUserInput {
  readonly userId: string;
  /** For how long the service takes nothing from or for the user; at least until the last URL has ended. */
  readonly blockDays: number;
}

const DAY_MS = 86_400_000;
/** Another process may grant uploads until it has read the block. */
const BLOCK_READ_MS = 5_000;

/**
 * Deletes all data of a user. The user is blocked first. Then images are hidden and their bytes are removed. What a URL may still bring is
 * removed by `finishDeletion` once the last one has ended, with the records: until then the deletion is open, and repeating this continues
 * it. While the user is blocked after it has ended, this answers its receipt. Errors: those of the stores.
 */
export async function deleteUser(
  services: DeletionServices,
  { userId, blockDays }: DeleteUserInput,
  options: DeletionOptions = {},
): Promise<Deletion> {
  const { erasures } = services;
  const key = await erasures.addKey(Buffer.from(services.randomBytes(ERASURE_KEY_BYTES)).toString('hex'));
  const userHash = userHashOf(key, userId);
  const before = await erasures.deletion(userHash);
  if (before && (await isOver(services, before, userId, options))) return before;
  const deletion = before && before.endedAt === null ? before : await begin(services, { userHash, userId, blockDays });
  if (deletion.userId === null) return deletion; // only `finishDeletion` is left to do

  const found = await hideImages(services, userId, options);
  const imageIds = await noteErasures(services, deletion, found.imageIds);
  options.onProgress?.(`${imageIds.length} images are hidden`);
  const uploadsEndAt = lastLookAt(found.uploadsEndAt);
  const known: Deletion = {
    ...deletion,
    urlsEndAt: uploadsEndAt > deletion.urlsEndAt ? uploadsEndAt : deletion.urlsEndAt,
    counts: { ...deletion.counts, images: imageIds.length },
  };
  await erasures.putDeletion(known);
  const { objects, versions } = await eraseObjects(
    services,
    { userId, imageIds, sharesFolder: found.sharesFolder },
    options,
  );
  const { counts } = known;
  const hidden = {
    ...known,
    counts: { ...counts, objects: counts.objects + objects, versions: counts.versions + versions },
  };
  await erasures.putDeletion(hidden);
  return hidden;
}

/** Whether the user is still blocked after a deletion, and nothing came in spite of that: its receipt stays. */
async function isOver(
  services: DeletionServices,
  { endedAt, blockedUntil }: Deletion,
  userId: string,
  options: DeletionOptions,
): Promise<boolean> {
  if (endedAt === null || blockedUntil <= services.clock.now()) return false;
  return isEmpty(await hideImages(services, userId, options));
}

/** The block comes first: an upload that nobody refuses could outlive the deletion. */
async function begin(
  { erasures, clock, newId, settings }: DeletionServices,
  { userHash, userId, blockDays }: DeleteUserInput & Pick<Deletion, 'userHash'>,
): Promise<Deletion> {
  const startedAt = clock.now();
  const urlsEndAt = lastLookAt(new Date(startedAt.getTime() + BLOCK_READ_MS + settings.presignedSeconds * 1_000));
  const asked = new Date(startedAt.getTime() + blockDays * DAY_MS);
  const blockedUntil = asked > urlsEndAt ? asked : urlsEndAt;
  await erasures.add({ id: newId(), userHash, imageIds: [], erasedAt: startedAt, blockedUntil });
  const counts = NOTHING_REMOVED;
  const deletion = { userHash, userId, startedAt, blockedUntil, urlsEndAt, endedAt: null, counts };
  await erasures.putDeletion(deletion);
  return deletion;
}
