import type { Album } from '../../domain/album/album.ts';
import { type Image, isPublished, type PublishedImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { isShownByFew } from '../../domain/image/media-type.ts';
import { capturedAt } from '../../domain/lists/list-position.ts';
import { monthOf } from '../../domain/lists/months.ts';
import { createNamed } from '../../flow/named.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { ObjectReads } from '../../object-store/object-store.ts';
import { copyOriginal } from '../../operations/users/export-user.ts';
import { readableName } from '../../operations/users/readable-name.ts';
import type { ImageRecord, RecordArchive } from '../../records/archive/record-archive.ts';
import type { Services } from '../../services.ts';
import { createFingerprints, type Fingerprints } from '../../text/fingerprints.ts';
import type { ExportFolderFiles } from './export-folder.ts';
import { albumLine, type ExportPath, imageLine } from './export-lines.ts';
import { userFolder } from './user-folder.ts';

export interface ExportImagesServices {
  readonly archive: Pick<RecordArchive, 'all'>;
  readonly images: Pick<Services['images'], 'get' | 'details' | 'find'>;
  readonly objects: Pick<ObjectReads, 'get'>;
}

export interface ExportedImages {
  readonly images: number;
  readonly bytes: number;
  /** Originals that this run has copied; the others were there. */
  readonly copied: number;
  readonly copiedBytes: number;
  readonly albums: number;
  /** Images without an original that is verified and that nobody has refused. */
  readonly notExported: { readonly pending: number; readonly held: number; readonly rejected: number };
  /** Images whose original is absent or damaged, or whose record can't be read: the first ones. */
  readonly faults: readonly ExportFault[];
  readonly faultCount: number;
  /** How the database is damaged: records may be lost. */
  readonly damage: readonly string[];
  /** User ids by the names of their folders. */
  readonly users: ReadonlyMap<string, string>;
  /** The paths of all originals. */
  readonly paths: Fingerprints;
}

export interface ExportFault {
  readonly imageId: string;
  readonly detail: string;
}

export interface ExportImagesOptions {
  /** The user whose images alone are exported; null: those of all. */
  readonly userId: string | null;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((counts: Pick<ExportedImages, 'images' | 'copied' | 'copiedBytes'>) => void) | undefined;
}

/** Originals that are copied at the same time. */
const AT_ONCE = 8;
const MAX_FAULTS = 1_000;
const MOST_DAMAGE = 100;
/** Times that an image may be changed while its original is copied. */
const ATTEMPTS = 5;
/** Members of an album that are read at once. */
const PAGE_MEMBERS = 500;

/**
 * Writes each ready and trashed image, and each album. Originals that are there, with the same bytes, aren't read from
 * the store. Errors: those of the stores and of the folder.
 */
export async function exportImages(
  services: ExportImagesServices,
  files: ExportFolderFiles,
  { userId, signal, onProgress }: ExportImagesOptions,
): Promise<ExportedImages> {
  const counts = { images: 0, bytes: 0, copied: 0, copiedBytes: 0, albums: 0 };
  const notExported = { pending: 0, held: 0, rejected: 0 };
  const faults = createNamed<ExportFault>(MAX_FAULTS);
  const damage = createNamed<string>(MOST_DAMAGE);
  const users = new Map<string, string>();
  const paths = createFingerprints();
  const isInScope = (one: { readonly userId: string }): boolean => userId === null || one.userId === userId;

  async function exportImage(found: ImageRecord<Image>): Promise<void> {
    signal?.throwIfAborted();
    const settled = await settle(services, files, found);
    if (settled.is === 'left-out') {
      const { status } = settled;
      if (status === 'pending' || status === 'held' || status === 'rejected') notExported[status] += 1;
      return;
    }
    const { image, details } = settled.record;
    if (settled.is === 'faulty') return faults.add({ imageId: image.id, detail: settled.detail });
    const { path, isCopied } = settled;
    const folder = userFolder(image.userId);
    users.set(folder, image.userId);
    paths.add(path);
    await files.append('images.ndjson', `${imageLine(image, details ?? null, path)}\n`);
    await files.months.add(folder, image.status === 'trashed' ? 'trash' : monthOf(image), shown(image, path));
    counts.images += 1;
    counts.bytes += image.sizeBytes;
    if (isCopied) {
      counts.copied += 1;
      counts.copiedBytes += image.sizeBytes;
    }
    onProgress?.(counts);
  }

  async function exportAlbum(album: Album): Promise<void> {
    signal?.throwIfAborted();
    for await (const text of albumLine(album, membersOf(services, album))) await files.append('albums.ndjson', text);
    await files.append('albums.ndjson', '\n');
    counts.albums += 1;
  }

  const onUnreadable = (imageId: ImageId, error: unknown): void =>
    faults.add({ imageId, detail: error instanceof Error ? error.message : String(error) });
  const needsDetails = (image: Image): boolean => isPublished(image) && isInScope(image);
  const onDamage = (detail: string): void => damage.add(detail);
  const read = { signal, moment: 'of-each-page', needsDetails, onDamage, onUnreadable } as const;
  for await (const page of services.archive.all(read)) {
    const images = page.flatMap((record) => (record.kind === 'image' && isInScope(record.image) ? [record] : []));
    await workAtMost(AT_ONCE, images, exportImage);
    for (const record of page) if (record.kind === 'album' && isInScope(record.album)) await exportAlbum(record.album);
  }
  await files.months.flush();
  const named = { faults: faults.first, faultCount: faults.count(), damage: damage.first };
  return { ...counts, ...named, notExported, users, paths };
}

type Settled =
  | { readonly is: 'left-out'; readonly status: Image['status'] | undefined }
  | { readonly is: 'faulty'; readonly record: ImageRecord<PublishedImage>; readonly detail: string }
  | {
      readonly is: 'stored';
      readonly record: ImageRecord<PublishedImage>;
      readonly path: ExportPath;
      readonly isCopied: boolean;
    };

/** Its original is in the folder. An image that was changed since it was read is read again. */
async function settle(
  services: ExportImagesServices,
  files: ExportFolderFiles,
  found: ImageRecord<Image>,
): Promise<Settled> {
  let current = found;
  for (let attempt = 1; ; attempt += 1) {
    const { image, details } = current;
    if (!isPublished(image)) return { is: 'left-out', status: image.status };
    const record = { kind: 'image', image, ...(details && { details }) } as const;
    const path = files.pathOf(userFolder(image.userId), readableName(image));
    if (await files.hasOriginal(path, image)) return { is: 'stored', record, path, isCopied: false };
    const detail = await copyOriginal(services, image, { folder: files, name: path });
    if (detail === undefined) return { is: 'stored', record, path, isCopied: true };
    const now = await services.images.get(image.id);
    if (!now) return { is: 'left-out', status: undefined }; // it was deleted meanwhile
    const isSame = isPublished(now) && now.objectKey === image.objectKey && now.sha256 === image.sha256;
    if (isSame || attempt === ATTEMPTS) return { is: 'faulty', record, detail };
    const ofNow = isPublished(now) && now.hasDetails ? await services.images.details(now) : null;
    current = { kind: 'image', image: now, ...(ofNow && { details: ofNow }) };
  }
}

/** The ready images of an album, in its order. */
async function* membersOf(
  { images }: Pick<ExportImagesServices, 'images'>,
  { id, userId, order }: Album,
): AsyncGenerator<readonly ImageId[]> {
  let after: string | undefined;
  do {
    const query = { status: 'ready', userId, album: id, tags: [], tagMode: 'all', order } as const;
    const page = await images.find({ ...query, after, limit: PAGE_MEMBERS });
    yield page.images.map((image) => image.id);
    after = page.next ?? undefined;
  } while (after !== undefined);
}

const shown = (image: PublishedImage, path: ExportPath) => ({
  path,
  at: capturedAt(image),
  filename: image.filename,
  description: image.description,
  width: image.width,
  height: image.height,
  color: image.dominantColor,
  isOpaque: isShownByFew(image.contentType),
});
