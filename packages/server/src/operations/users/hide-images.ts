import type { ApiKey } from '../../domain/access/api-key.ts';
import { guestIn } from '../../domain/access/guest-actor.ts';
import { deleteAlbum } from '../../domain/album/album.ts';
import type { AlbumId } from '../../domain/album/album-id.ts';
import { partsOf, tombstone } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { incomingKeyOf, mayShareFolder, type ObjectKey } from '../../domain/image/object-key.ts';
import { concernsUser } from '../../domain/user/keys-of-user.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { ArchiveRecord } from '../../records/archive/record-archive.ts';
import type { DeletionOptions, DeletionServices } from './user-services.ts';

/** What the records have of a user. */
export interface FoundRecords {
  readonly imageIds: readonly ImageId[];
  /** Where guests uploaded images of the user, by links of albums. */
  readonly guestKeys: readonly ObjectKey[];
  /** Upload tokens by which images came. */
  readonly tokenIds: ReadonlySet<string>;
  /** The user's, and those of others that act for the user. */
  readonly keys: readonly ApiKey[];
  /**
   * There are albums or limits of the user's own, webhooks for the user alone, or revocations of the user's view
   * tokens.
   */
  readonly hasSettings: boolean;
  /** When the last upload of these images ends; the beginning of time without any. */
  readonly uploadsEndAt: Date;
  /** On a disk that ignores case another user's objects may be in the same folder. */
  readonly sharesFolder: boolean;
}

interface Shown {
  readonly images: readonly ImageId[];
  readonly albums: readonly AlbumId[];
}

export const isEmpty = ({ imageIds, keys, hasSettings }: FoundRecords): boolean =>
  imageIds.length === 0 && keys.length === 0 && !hasSettings;

/** Writes at the same time: each is a transaction or two of the store. */
const AT_ONCE = 8;

/**
 * Deletes every image and album of the user, whatever its state: from then on nothing of it is served, and no finalizer
 * publishes it. Errors: those of `RecordArchive` and of writes.
 */
export const hideImages = (
  services: Pick<DeletionServices, 'archive' | 'images' | 'albums' | 'clock'>,
  userId: string,
  options: DeletionOptions,
): Promise<FoundRecords> =>
  findRecords(services, userId, options, async ({ images, albums }) => {
    await workAtMost(AT_ONCE, images, (id) => hide(services, id));
    await workAtMost(AT_ONCE, albums, (id) => hideAlbum(services, id));
  });

/** `onShown`: is given what of each page isn't deleted. Errors: those of `RecordArchive`, and its own. */
export async function findRecords(
  { archive }: Pick<DeletionServices, 'archive'>,
  userId: string,
  { signal }: DeletionOptions,
  onShown?: (shown: Shown) => Promise<void>,
): Promise<FoundRecords> {
  const imageIds: ImageId[] = [];
  const guestKeys: ObjectKey[] = [];
  const tokenIds = new Set<string>();
  const keys: ApiKey[] = [];
  let uploadsEndAt = new Date(0);
  let hasSettings = false;
  let sharesFolder = false;
  for await (const page of archive.all({ signal, moment: 'of-each-page', needsDetails: () => false })) {
    const shown = { images: [] as ImageId[], albums: [] as AlbumId[] };
    for (const record of page) {
      if (record.kind === 'key' && concernsUser(record.key, userId)) keys.push(record.key);
      hasSettings ||= isSetting(record, userId);
      if (record.kind === 'album' && record.album.userId === userId) shown.albums.push(record.album.id);
      if (record.kind !== 'image') continue;
      sharesFolder ||= mayShareFolder(userId, record.image.userId);
      if (record.image.userId !== userId) continue;
      const { id, token, uploadedBy, expiresAt, status } = record.image;
      imageIds.push(id);
      if (guestIn(uploadedBy) !== undefined) guestKeys.push(incomingKeyOf(record.image));
      if (token) tokenIds.add(token.id);
      // URLs of parts end with their upload.
      if (expiresAt > uploadsEndAt && partsOf(record.image) === null) uploadsEndAt = expiresAt;
      if (status !== 'deleted') shown.images.push(id);
    }
    await onShown?.(shown);
  }
  return { imageIds, guestKeys, tokenIds, keys, hasSettings, uploadsEndAt, sharesFolder };
}

/** Whether the records have anything of the user. Reads no further than to the first of it. */
export async function hasRecords(
  { archive }: Pick<DeletionServices, 'archive'>,
  userId: string,
  { signal }: DeletionOptions,
): Promise<boolean> {
  for await (const page of archive.all({ signal, moment: 'of-each-page', needsDetails: () => false }))
    if (page.some((record) => isOfUser(record, userId))) return true;
  return false;
}

const isOfUser = (record: ArchiveRecord, userId: string): boolean =>
  (record.kind === 'image' && record.image.userId === userId) ||
  (record.kind === 'key' && concernsUser(record.key, userId)) ||
  isSetting(record, userId);

const isSetting = (record: ArchiveRecord, userId: string): boolean =>
  (record.kind === 'album' && record.album.userId === userId) ||
  (record.kind === 'limits' && record.userId === userId) ||
  (record.kind === 'webhook' && record.webhook.userId === userId) ||
  (record.kind === 'revocation' && record.revocation.userId === userId);

const hide = ({ images, clock }: Pick<DeletionServices, 'images' | 'clock'>, id: ImageId): Promise<void> =>
  retryWhileChanged(async () => {
    const image = await images.getToChange(id);
    if (!image || image.status === 'deleted') return;
    return (await images.replace(image, tombstone(image, clock.now()))) ? undefined : CHANGED;
  });

const hideAlbum = ({ albums, clock }: Pick<DeletionServices, 'albums' | 'clock'>, id: AlbumId): Promise<void> =>
  retryWhileChanged(async () => {
    const album = await albums.get(id);
    if (!album || album.deletion) return undefined;
    return (await albums.replace(album, deleteAlbum(album, false, clock.now()))) ? undefined : CHANGED;
  });
