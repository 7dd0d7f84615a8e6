import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '../../domain/errors.ts';
import type { StoredImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { type ObjectKey, ORIGINALS_PREFIX } from '../../domain/image/object-key.ts';
import { eachAtMost } from '../../flow/each-at-most.ts';
import { createNamed } from '../../flow/named.ts';
import type { ListedObject, ObjectStore } from '../../object-store/object-store.ts';
import { createFingerprints, type Fingerprints } from '../../text/fingerprints.ts';
import { objectPath } from '../archive/backup/names.ts';
import type { Target } from '../archive/place/target.ts';
import type { BackupFault } from './backup-progress.ts';
import { type CopyOptions, copyOriginal } from './copy-originals.ts';
import { createFaultsInRow, isUnreadable } from './faults-in-row.ts';
import type { ReadShare } from './read-share.ts';
import { type Alike, allAlike, type SpooledRecords } from './spool-records.ts';
import { type OriginalSource, useOriginal } from './use-original.ts';

export type ExamineServices = OriginalSource & { readonly objects: Pick<ObjectStore, 'get' | 'list'> };

export interface ExamineOptions extends Pick<CopyOptions, 'target' | 'takeBytes' | 'signal' | 'onCopied'> {
  /** Which originals are read whole, in the store and in the target. */
  readonly reading: Pick<ReadShare, 'from' | 'isRead'>;
  /** Images whose faults were reported already. */
  readonly told: ReadonlySet<ImageId>;
  readonly onExamined: (images: number) => void;
  readonly onRead: (bytes: number) => void;
}

export interface Examined {
  /** Why the store couldn't be listed, so that nothing was compared; null: it was. */
  readonly notCompared: string | null;
  /** Neither the service nor the target has the bytes. */
  readonly lost: readonly BackupFault[];
  /** The service has lost the bytes, and the target has them: the first ones. */
  readonly saved: readonly BackupFault[];
  readonly savedCount: number;
  /** Damaged files of the target that were stored again. */
  readonly healed: readonly string[];
}

/** More are counted only. */
export const MAX_SAVED = 200;
const AT_ONCE = 8;
const DETAILS_AT_ONCE = 64;

/**
 * Compares the originals of the records with the store: each exists with its size, by one list of the store, and a
 * share of them is read whole, as is its file in the target. A damaged file of the target is replaced by a sound
 * original. Errors: those of the target, of the records, and of a store that is away.
 */
export async function examineOriginals(
  services: ExamineServices,
  records: SpooledRecords,
  options: ExamineOptions,
): Promise<Examined> {
  const { target, told, reading, onExamined } = options;
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const own = { ...options, signal };
  const listed = await listOriginals(services.objects, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof AppError) return error.detail; // the records are worth a backup of their own
    throw error;
  });
  if (typeof listed === 'string') return { notCompared: listed, lost: [], saved: [], savedCount: 0, healed: [] };
  const isListed = ({ objectKey, sizeBytes }: StoredImage): boolean => listed.has(entry(objectKey, sizeBytes));
  const inRow = createFaultsInRow(services, records);
  const lost: BackupFault[] = [];
  const saved = createNamed<BackupFault>(MAX_SAVED);
  const healed: string[] = [];
  const unreadable: Alike[] = [];

  async function examineAlike(alike: Alike, attempt: 'first' | 'last'): Promise<void> {
    signal.throwIfAborted();
    const [{ sha256 }] = alike;
    const isWhole = attempt === 'last' || reading.isRead(sha256);
    const found: BackupFault[] = [];
    let sound: StoredImage | undefined;
    for (const image of alike) {
      if (told.has(image.id)) continue;
      if (!isWhole && isListed(image)) continue;
      const used = await readOriginal(services, image, own);
      if (used.kind === 'sound') {
        sound ??= image;
        inRow.onSound();
      } else if (used.kind !== 'deleted') {
        const fault = { imageId: image.id, kind: used.kind, detail: used.detail };
        found.push(fault);
        await inRow.onFault(fault, used.cause);
      }
    }
    if (attempt === 'first' && found.some(isUnreadable)) unreadable.push(alike);
    else {
      const isSaved = (!isWhole && found.length === 0) || (await isKept(sha256, sound));
      for (const fault of found) {
        if (isSaved) saved.add(fault);
        else lost.push(fault);
      }
    }
    if (attempt === 'first') onExamined(alike.length);
  }

  /** Whether the target has the bytes: it gets them again from `sound` if its file is damaged. */
  async function isKept(sha256: string, sound: StoredImage | undefined): Promise<boolean> {
    if (await hasBytes(target, sha256, own)) return true;
    if (!sound || (await copyOriginal(services, sound, own)).kind !== 'sound') return false;
    healed.push(objectPath(sha256));
    return true;
  }

  const examineEach = (source: AsyncIterable<Alike>, attempt: 'first' | 'last'): Promise<void> =>
    eachAtMost(AT_ONCE, source, (alike) =>
      examineAlike(alike, attempt).catch((error: unknown) => {
        ending.abort(error);
        throw error;
      }),
    );

  await examineEach(allAlike(records, reading.from), 'first');
  await examineEach(Readable.from(unreadable), 'last');
  signal.throwIfAborted();
  await inRow.judge([...lost, ...saved.first]);
  return { notCompared: null, lost, saved: saved.first, savedCount: saved.count(), healed };
}

type ReadOptions = Pick<ExamineOptions, 'takeBytes' | 'signal' | 'onRead'>;

const readOriginal = (services: OriginalSource, image: StoredImage, options: ReadOptions) =>
  useOriginal(services, image, options, async (bytes) => {
    for await (const chunk of bytes) options.onRead(chunk.byteLength);
  });

/** What the set of listed originals has. */
const entry = (key: ObjectKey, sizeBytes: number): string => `${key} ${sizeBytes}`;

/** One list costs a thousandth of a look at each on S3. What it lacks is looked for one by one. */
async function listOriginals({ list }: Pick<ObjectStore, 'list'>, signal: AbortSignal): Promise<Fingerprints> {
  const listed = createFingerprints();
  let waiting: ListedObject[] = [];
  const note = async (): Promise<void> => {
    const details = await Promise.all(waiting.map((one) => one.details()));
    for (const [index, { key }] of waiting.entries()) listed.add(entry(key, details[index]?.sizeBytes ?? 0));
    waiting = [];
  };
  for await (const one of list(ORIGINALS_PREFIX)) {
    signal.throwIfAborted();
    if (waiting.push(one) === DETAILS_AT_ONCE) await note();
  }
  await note();
  return listed;
}

async function hasBytes(target: Target, sha256: string, { takeBytes, signal, onRead }: ReadOptions): Promise<boolean> {
  const source = await target.get(objectPath(sha256));
  if (!source) return false;
  const hash = createHash('sha256');
  try {
    for await (const chunk of source) {
      signal.throwIfAborted();
      await takeBytes(chunk.byteLength, signal);
      hash.update(chunk);
      onRead(chunk.byteLength);
    }
  } catch (error) {
    signal.throwIfAborted(); // no damage: the reason is an AppError too
    if (!(error instanceof AppError)) throw error;
    return false; // a block of the disk that can't be read; a target that is away refuses the copy
  }
  return hash.digest('hex') === sha256;
}
