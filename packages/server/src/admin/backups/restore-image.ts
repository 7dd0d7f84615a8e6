import type { Readable } from 'node:stream';
import { AppError } from '../../domain/errors.ts';
import { type Image, isStored, type Status, type StoredImage } from '../../domain/image/image.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { LocalFile } from '../../object-store/staging.ts';
import type { ImageRecord, RecordArchive } from '../../records/archive/record-archive.ts';
import type { Services } from '../../services.ts';
import { bytesFault } from './check-restored.ts';
import type { OpenedBackup } from './open-backup.ts';
import { isRestored } from './restore-place.ts';
import { restoredImage } from './restored-image.ts';

export interface RestoreImageServices {
  readonly archive: Pick<RecordArchive, 'put'>;
  readonly images: Pick<Services['images'], 'get'>;
  readonly objects: Pick<ObjectStore, 'get' | 'head' | 'put'>;
  readonly staging: Pick<Services['staging'], 'stage'>;
  readonly clock: Pick<Services['clock'], 'now'>;
  readonly filters: Pick<Services['filters'], 'written'>;
  readonly settings: Pick<Services['settings'], 'eagerPresets'>;
}

/** How a lost original is found whose record exists. By its bytes costs a read of each. */
export type LostBy = 'size' | 'bytes';

export type RestoreOutcome =
  | { readonly is: 'restored'; readonly withoutExternalId?: true }
  | { readonly is: 'already-there' }
  | { readonly is: 'kept'; readonly status: Status }
  | { readonly is: 'damaged'; readonly detail: string };

/**
 * The bytes first, with their hash compared, then the record. A record that exists stays, and gets its bytes back if
 * the store has lost them. If another image has its external or former id, the image is restored without. One file of
 * the target that can't be read is damage to that image alone. Errors: those of the stores, and of a target that is
 * away.
 */
export async function restoreImage(
  services: RestoreImageServices,
  backup: OpenedBackup,
  archived: ImageRecord<StoredImage>,
  lostBy: LostBy,
): Promise<RestoreOutcome> {
  const { image } = archived;
  const { archive, images, objects, filters, clock, settings } = services;
  const found = await images.get(image.id);
  const lost = found && (await withLostBytes(services, found, { image, lostBy }));
  if (found && !lost) return outcomeOf(found, image);

  const staged = await stageFrom(services, backup, image);
  if (typeof staged === 'string') return { is: 'damaged', detail: staged };
  await using file = staged;
  const { objectKey, contentType } = lost ?? image;
  const objectTag = await objects.put(objectKey, file, { contentType });
  if (lost) return { is: 'restored' }; // with another entity tag the next read compares the bytes
  const hasEagerPresets = settings.eagerPresets.length > 0;
  const filteredBy = await filters.written();
  const restored = restoredImage(image, { objectTag, hasEagerPresets, filteredBy, at: clock.now() });
  const added = await add(archive, { ...archived, image: restored });
  if (added) return added;
  const meanwhile = await images.get(image.id); // by another restore, or its upload came
  return meanwhile ? outcomeOf(meanwhile, image) : { is: 'kept', status: 'deleted' };
}

/** Adds the record without the ids that other images have; undefined: there is a record with its own id. */
async function add(
  archive: RestoreImageServices['archive'],
  record: ImageRecord<StoredImage>,
): Promise<RestoreOutcome | undefined> {
  try {
    return (await archive.put(record)) ? { is: 'restored' } : undefined;
  } catch (error) {
    const image = error instanceof AppError ? withoutTaken(record.image, error) : undefined;
    if (!image) throw error;
    return (await add(archive, { ...record, image })) && { is: 'restored', withoutExternalId: true };
  }
}

function withoutTaken(image: StoredImage, { code }: AppError): StoredImage | undefined {
  if (code === 'external-id-taken') return { ...image, externalId: null };
  return code === 'former-id-taken' ? { ...image, formerId: null } : undefined;
}

const outcomeOf = (found: Image, image: StoredImage): RestoreOutcome =>
  isRestored(found, image) ? { is: 'already-there' } : { is: 'kept', status: found.status };

/** `found`, if the store hasn't its bytes, and they are those of the backup; else undefined. */
async function withLostBytes(
  { objects }: Pick<RestoreImageServices, 'objects'>,
  found: Image,
  { image, lostBy }: { readonly image: StoredImage; readonly lostBy: LostBy },
): Promise<StoredImage | undefined> {
  if (!isStored(found) || found.sha256 !== image.sha256) return undefined;
  const hasSize = (await objects.head(found.objectKey))?.sizeBytes === found.sizeBytes;
  const isThere = hasSize && (lostBy === 'size' || (await bytesFault({ objects }, found)) === undefined);
  return isThere ? undefined : found;
}

/** The verified bytes; else what is wrong with them. */
async function stageFrom(
  services: Pick<RestoreImageServices, 'staging'>,
  backup: OpenedBackup,
  image: StoredImage,
): Promise<LocalFile | string> {
  try {
    const source = await ofTarget(backup.original(image.sha256));
    return source ? await stage(services, source, image) : 'expected its bytes in the target; got none';
  } catch (error) {
    if (!(error instanceof TargetFault)) throw error;
    await backup.requireTarget();
    return error.message;
  }
}

async function stage(
  { staging }: Pick<RestoreImageServices, 'staging'>,
  source: Readable,
  { sizeBytes, sha256 }: StoredImage,
): Promise<LocalFile | string> {
  try {
    const file = await staging.stage(readOf(source), { maxBytes: sizeBytes });
    if (file.sha256 === sha256) return file;
    await file[Symbol.asyncDispose]();
    return `expected ${sizeBytes} bytes with the SHA-256 ${sha256} in the target; got ${file.sizeBytes} with ${file.sha256}`;
  } catch (error) {
    source.destroy();
    if (!(error instanceof AppError) || error.code !== 'upload-too-large') throw error;
    return `expected ${sizeBytes} bytes in the target; got more`;
  }
}

async function* readOf(source: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (cause) {
    throw targetFault(cause);
  }
}

/** The target failed, not the stores of the place. */
class TargetFault extends Error {}

const ofTarget = <T>(work: Promise<T>): Promise<T> =>
  work.catch((cause: unknown) => {
    throw targetFault(cause);
  });

const targetFault = (cause: unknown): TargetFault =>
  new TargetFault(cause instanceof AppError ? cause.detail : String(cause), { cause });
