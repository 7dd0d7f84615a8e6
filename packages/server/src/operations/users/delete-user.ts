import { lastLookAt } from '../../domain/image/deadlines.ts';
import { type Deletion, NOTHING_REMOVED } from '../../domain/user/deletion.ts';
import { ERASURE_KEY_BYTES, userHashOf } from '../../domain/user/user-hash.ts';
import { revokeKey } from '../keys/revoke-key.ts';
import { blockLonger, blockWhileOpen, shortestBlock } from './block-longer.ts';
import { eraseObjects } from './erase-objects.ts';
import { hasRecords, hideImages } from './hide-images.ts';
import { noteErasures } from './note-erasures.ts';
import type { DeletionOptions, DeletionServices } from './user-services.ts';

export interface DeleteUserInput {
  readonly userId: string;
  /**
   * For how long the service takes nothing from or for the user; at least until a day after the last URL has ended. A
   * deletion on its way keeps the longer block. undefined: as long as that, or 30 days.
   */
  readonly blockDays: number | undefined;
}

const BLOCK_DAYS = 30;

const DAY_MS = 86_400_000;
/**
 * Another process may grant uploads until it has read the block, and for a second more to requests that it has let in
 * (http/admission/unblocked.ts).
 */
const BLOCK_READ_MS = 6_000;

/**
 * Deletes all data of a user. The user is blocked first. Then images are hidden and their bytes are removed. What a URL
 * may still bring is removed by `finishDeletion` once the last one has ended, with the records: until then the deletion
 * is open, and repeating this continues it. While the user is blocked after it has ended, this answers its receipt; if
 * the store kept objects, it tries to remove them again. Errors: those of the stores.
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
  const done = before && (await removedBefore(services, before, { userId, blockDays }, options));
  if (done) return done;
  const deletion =
    before && !isUnbegun(services, before) && (before.userId !== null || hasKept(services, before))
      ? await goOn(services, before, { userId, blockDays })
      : await begin(services, { userHash, userId, blockDays }, before?.askedBy);

  const found = await hideImages(services, userId, options);
  // One that acts for others, or for everything, is no user's for the block.
  for (const { id, owner } of found.keys) if (owner === userId) await revokeKey(services, id);
  const imageIds = await noteErasures(services, deletion, found.imageIds);
  options.onProgress?.(`${imageIds.length} images are hidden`);
  const uploadsEndAt = lastLookAt(found.uploadsEndAt);
  const urlsEndAt = uploadsEndAt > deletion.urlsEndAt ? uploadsEndAt : deletion.urlsEndAt;
  const blocked = await blockLonger(services, { ...deletion, urlsEndAt }, shortestBlock({ urlsEndAt }));
  const known: Deletion = { ...blocked, counts: { ...deletion.counts, images: imageIds.length } };
  await erasures.putDeletion(known);
  const { objects, versions, kept } = await eraseObjects(
    services,
    { userId, imageIds, guestKeys: found.guestKeys, sharesFolder: found.sharesFolder },
    options,
  );
  const { counts } = known;
  const hidden = {
    ...known,
    askedBy: null,
    counts: { ...counts, objects: counts.objects + objects, versions: counts.versions + versions, kept },
  };
  await erasures.putDeletion(hidden);
  return hidden;
}

type ReceiptServices = Pick<DeletionServices, 'archive' | 'clock' | 'erasures' | 'newId'>;

/** The receipt of a deletion that has ended, with the longer block; undefined: the deletion hasn't ended. */
export const receiptOf = async (
  services: ReceiptServices,
  deletion: Deletion,
  input: DeleteUserInput,
  options: DeletionOptions,
): Promise<Deletion | undefined> =>
  deletion.endedAt === null ? undefined : removedBefore(services, deletion, input, options);

/** The receipt of a deletion that has removed everything, even if only `finishDeletion` is left to do. */
async function removedBefore(
  services: ReceiptServices,
  deletion: Deletion,
  { userId, blockDays }: DeleteUserInput,
  options: DeletionOptions,
): Promise<Deletion | undefined> {
  if (!(await isRemoved(services, deletion, userId, options))) return undefined;
  return blockLonger(services, deletion, askedBlock(deletion.startedAt, blockDays ?? 0));
}

/** Whether the user is still blocked after a deletion, and nothing came in spite of that: otherwise it begins anew. */
async function isRemoved(
  services: ReceiptServices,
  deletion: Deletion,
  userId: string,
  options: DeletionOptions,
): Promise<boolean> {
  const { userId: namedUser, blockedUntil } = deletion;
  if (namedUser !== null || blockedUntil <= services.clock.now() || hasKept(services, deletion)) return false;
  return !(await hasRecords(services, userId, options));
}

/**
 * Whether the store kept objects of a user who is still blocked: the deletion that knows all its images removes them.
 */
export const hasKept = ({ clock }: Pick<DeletionServices, 'clock'>, { blockedUntil, counts }: Deletion): boolean =>
  counts.kept > 0 && blockedUntil > clock.now();

/** Whether it was asked for, and the user isn't blocked. */
export const isUnbegun = ({ clock }: Pick<DeletionServices, 'clock'>, { askedBy, blockedUntil }: Deletion): boolean =>
  askedBy !== null && blockedUntil <= clock.now();

/** One that has lost the user's id gets it again. */
async function goOn(
  services: DeletionServices,
  before: Deletion,
  { userId, blockDays }: DeleteUserInput,
): Promise<Deletion> {
  const open = { ...before, userId, endedAt: null };
  const asked = await blockLonger(services, open, askedBlock(before.startedAt, blockDays ?? 0));
  return blockWhileOpen(services, asked);
}

/** The block comes first: an upload that nobody refuses could outlive the deletion. */
async function begin(
  { erasures, clock, newId, settings }: DeletionServices,
  { userHash, userId, blockDays }: DeleteUserInput & Pick<Deletion, 'userHash'>,
  askedBy: Deletion['askedBy'] = null,
): Promise<Deletion> {
  const startedAt = clock.now();
  const urlsEndAt = lastLookAt(new Date(startedAt.getTime() + BLOCK_READ_MS + settings.presignedSeconds * 1_000));
  const asked = askedBlock(startedAt, blockDays ?? BLOCK_DAYS);
  const shortest = shortestBlock({ urlsEndAt });
  const blockedUntil = asked > shortest ? asked : shortest;
  await erasures.add({ id: newId(), userHash, imageIds: [], erasedAt: startedAt, blockedUntil });
  const counts = NOTHING_REMOVED;
  const deletion = { userHash, userId, startedAt, blockedUntil, urlsEndAt, endedAt: null, askedBy, counts };
  await erasures.putDeletion(deletion);
  return deletion;
}

const askedBlock = (startedAt: Date, days: number): Date => new Date(startedAt.getTime() + days * DAY_MS);
