import type { Album } from '../../domain/album/album.ts';
import { AppError } from '../../domain/errors.ts';
import { isStored } from '../../domain/image/image.ts';
import { INCOMING_PREFIX, STORED_PREFIXES } from '../../domain/image/object-key.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { MultipartUploads, UnfinishedUpload } from '../../object-store/multipart.ts';
import type { ObjectReads } from '../../object-store/object-store.ts';
import type { RecordArchive } from '../../records/archive/record-archive.ts';
import type { UsageRepair } from '../../records/usage/usage-repository.ts';
import type { Services } from '../../services.ts';
import type { AbandonedUpload } from '../upkeep/abandoned-upload.ts';
import { checkAlbum } from './check-album.ts';
import { type CheckOptions, checkImage } from './check-image.ts';
import { checkObjects, checkUpload, isWithoutRecord } from './check-objects.ts';
import { type CheckUsageOptions, createUncountedOwners, differingOwners } from './check-usage.ts';
import { createDoubt } from './doubt.ts';
import {
  type CountsFinding,
  type Finding,
  type ImageFinding,
  isLost,
  type ObjectFinding,
  type UploadFinding,
} from './finding.ts';
import type { Mender } from './mend.ts';

export type ReconcileServices = Pick<Services, 'images' | 'albums' | 'usage' | 'clock' | 'observe'> & {
  readonly objects: Pick<ObjectReads, 'head' | 'get' | 'list'>;
  readonly multipart: Pick<MultipartUploads, 'list'>;
  readonly archive: Pick<RecordArchive, 'all'>;
};

export interface ReconcileOptions extends CheckOptions, CheckUsageOptions {
  /** null: nothing is changed. */
  readonly mender: Mender | null;
  /** Whether usage is counted, and may differ from the records. */
  readonly countsUsage: boolean;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * How long a list may lag behind a write: an index of a table does, a database answers at once, and others write
 * between two reads.
 */
export const lagMsOf = (records: 'table' | 'database'): number => (records === 'table' ? 5_000 : 200);

/** What was looked at so far. */
export interface Progress {
  readonly images: number;
  readonly objects: number;
}

export interface Reconciled {
  readonly finding: Finding;
  /** `left`: mending it needs a person; `changed`: it isn't wrong any more. */
  readonly outcome: 'found' | 'mended' | 'changed' | 'left';
}

/** Images that are looked at together; with `compare: 'bytes'` each is a stream. */
const AT_ONCE = 10;
const STREAMS_AT_ONCE = 4;
/** Objects that are looked at together. */
const LISTED = 200;
/**
 * Lost originals wait until so many images were looked at: of fewer nobody can tell whether this is the wrong store.
 */
const JUDGED_IMAGES = 1_000;
/** Originals first: they tell whether the records belong to this store. */
const WALKED_PREFIXES = [...STORED_PREFIXES, INCOMING_PREFIX] as const;
/** Repaired owners that are reported one by one. */
const MAX_REPAIRS = 10_000;

/**
 * Compares records, objects and usage with each other, while the service works, and mends what differs if it is asked
 * to. Memory is bounded: findings come as they are found. Errors: those of the stores.
 */
export async function* reconcile(
  services: ReconcileServices,
  options: ReconcileOptions,
): AsyncGenerator<Reconciled, void, void> {
  const walked = { images: 0, objects: 0 };
  const tell = (more: Partial<Progress>): void => {
    walked.images += more.images ?? 0;
    walked.objects += more.objects ?? 0;
    options.onProgress?.({ ...walked });
  };
  const { mender } = options;
  let isOtherwise = false;
  const otherCounts: CountsFinding[] = [];
  for await (const { finding, outcome } of allFindings(services, options, tell)) {
    if (!mender || !('userId' in finding)) {
      yield { finding, outcome };
      continue;
    }
    isOtherwise = true;
    if (finding.kind === 'counts' && otherCounts.length < MAX_REPAIRS) otherCounts.push(finding);
  }
  if (!mender || !isOtherwise) return;
  yield* recounted(mender);
  for (const finding of otherCounts) yield { finding, outcome: 'mended' };
}

/** Nothing is mended by what a damaged one says: an object may have lost its record. */
interface Database {
  isDamaged: boolean;
}

const outcomeOf = ({ mender }: Pick<ReconcileOptions, 'mender'>) => (mender ? 'left' : 'found');

/** Throws another error. */
function damageOf(error: unknown, database: Database): Extract<Finding, { kind: 'damaged-database' }> {
  if (!(error instanceof AppError && error.isDamage)) throw error;
  database.isDamaged = true;
  return { kind: 'damaged-database', reason: error.detail };
}

type Tell = (more: Partial<Progress>) => void;

async function* allFindings(
  services: ReconcileServices,
  options: ReconcileOptions,
  tell: Tell,
): AsyncGenerator<Reconciled> {
  let isReadable = true;
  const database: Database = { isDamaged: false };
  try {
    for await (const one of ofRecords(services, { ...options, database }, tell)) {
      if (one.finding.kind === 'unreadable-record') isReadable = false;
      yield one;
    }
    yield* ofObjects(services, { ...options, database }, tell);
    if (options.countsUsage && isReadable && !database.isDamaged)
      for await (const finding of differingOwners(services, options)) yield { finding, outcome: 'found' };
  } catch (error) {
    yield { finding: damageOf(error, database), outcome: outcomeOf(options) };
  }
}

/**
 * Checks, for every record that names objects, whether the store has them as they are recorded, and whether its owner
 * has usage at all.
 */
async function* ofRecords(
  services: ReconcileServices,
  options: ReconcileOptions & { readonly database: Database },
  tell: Tell,
): AsyncGenerator<Reconciled, void, void> {
  const { compare, mender, signal, database } = options;
  const uncountedOwners = createUncountedOwners(services, options);
  const unreadable: Finding[] = [];
  const doubt = createDoubt();
  const waiting: ImageFinding[] = [];
  let looked = 0;
  const settle = (finding: ImageFinding, isDoubtful: boolean) =>
    settled(finding, { mender, isDoubtful: isDoubtful || database.isDamaged });
  const records = services.archive.all({
    signal,
    moment: 'of-each-page', // a transaction of hours would make the WAL grow
    onUnreadable: (imageId, error) => unreadable.push({ kind: 'unreadable-record', imageId, reason: reasonOf(error) }),
    onDamage(reason) {
      database.isDamaged = true;
      unreadable.push({ kind: 'damaged-database', reason });
    },
  });
  for await (const page of records) {
    const images = page.flatMap((one) => (one.kind === 'image' ? [one.image] : []));
    const stored = images.filter(isStored);
    const found: ImageFinding[] = [];
    await workAtMost(compare === 'bytes' ? STREAMS_AT_ONCE : AT_ONCE, stored, async (image) => {
      signal?.throwIfAborted();
      found.push(...(await checkImage(services, image, { compare })));
    });
    const lost = found.filter(isLost);
    const isDoubtful = doubt.isMost({ wrong: lost.length, right: stored.length - lost.length });
    looked += stored.length;
    waiting.push(...lost);
    for (const finding of found) if (!isLost(finding)) yield settle(finding, false);
    if (isDoubtful || looked >= JUDGED_IMAGES)
      for (const finding of waiting.splice(0)) yield settle(finding, isDoubtful);
    for (const finding of unreadable.splice(0)) yield { finding, outcome: outcomeOf(options) };
    for (const one of page) if (one.kind === 'album') yield* ofAlbum(services, one.album, options);
    if (options.countsUsage) for (const finding of await uncountedOwners(images)) yield { finding, outcome: 'found' };
    tell({ images: stored.length });
  }
  for (const finding of unreadable) yield { finding, outcome: outcomeOf(options) };
  const isDoubtful = doubt.isMostOfAll();
  for (const finding of waiting) yield settle(finding, isDoubtful);
}

/** Nobody else needs the number of an album's images: it is mended at once. */
async function* ofAlbum(
  services: ReconcileServices,
  album: Album,
  options: ReconcileOptions & { readonly database: Database },
): AsyncGenerator<Reconciled, void, void> {
  const finding = await checkAlbum(services, album, options);
  if (!finding) return;
  const { mender, database } = options;
  if (!mender || database.isDamaged) return yield { finding, outcome: outcomeOf(options) };
  const { images, was } = await mender.recountAlbum(album);
  yield { finding, outcome: images === was ? 'changed' : 'mended' };
}

/** Checks, for every object and unfinished upload, whether a record names it, or may do so. */
async function* ofObjects(
  services: ReconcileServices,
  { mender, signal, database }: ReconcileOptions & { readonly database: Database },
  tell: Tell,
): AsyncGenerator<Reconciled, void, void> {
  const doubt = createDoubt();
  for (const prefix of WALKED_PREFIXES)
    for await (const listed of inBatches(services.objects.list(prefix))) {
      signal?.throwIfAborted();
      const { isDamaged } = database;
      const checked = await checkObjects(services, listed).catch((error: unknown) => damageOf(error, database));
      if ('reason' in checked) {
        if (!isDamaged) yield { finding: checked, outcome: outcomeOf({ mender }) };
        continue;
      }
      const { findings, images } = checked;
      const isDoubtful = doubt.isMost({ wrong: images.unknown, right: images.known });
      for (const finding of findings)
        yield settled(finding, { mender, isDoubtful: database.isDamaged || (isDoubtful && isWithoutRecord(finding)) });
      tell({ objects: listed.length });
    }
  for await (const uploads of inBatches(services.multipart.list(INCOMING_PREFIX))) {
    signal?.throwIfAborted();
    const found: (AbandonedUpload & { readonly upload: UnfinishedUpload })[] = [];
    for (const upload of uploads) {
      const one = await checkUpload(services, upload);
      if (one) found.push({ ...one, upload });
    }
    const unknown = found.filter(({ isKnown }) => !isKnown).length;
    const isDoubtful = doubt.isMost({ wrong: unknown, right: uploads.length - unknown });
    for (const { imageId, isKnown, upload } of found) {
      const finding: UploadFinding = { kind: 'upload-abandoned', imageId, ...upload };
      yield settled(finding, { mender, isDoubtful: database.isDamaged || (isDoubtful && !isKnown) });
    }
  }
}

/** A page in the order of keys would need all names of a folder on a disk at once. */
async function* inBatches<One>(all: AsyncIterable<One>): AsyncGenerator<readonly One[], void, void> {
  let batch: One[] = [];
  for await (const one of all) {
    if (batch.push(one) < LISTED) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** `isDoubtful`: that so many are wrong has another reason, which a person must find. */
async function settled(
  finding: ImageFinding | ObjectFinding | UploadFinding,
  { mender, isDoubtful }: { readonly mender: Mender | null; readonly isDoubtful: boolean },
): Promise<Reconciled> {
  if (!mender) return { finding, outcome: 'found' };
  if (isDoubtful) return { finding, outcome: 'left' };
  try {
    return { finding, outcome: (await mender.mend(finding)) ? 'mended' : 'changed' };
  } catch (error) {
    if (error instanceof AppError && error.isOfNewerVersion) return { finding, outcome: 'left' };
    throw error;
  }
}

/** Repairs beyond the limit are made, and not told. */
async function* recounted(mender: Mender): AsyncGenerator<Reconciled, void, void> {
  const repairs: UsageRepair[] = [];
  await mender.recount((repair) => {
    if (repairs.length < MAX_REPAIRS) repairs.push(repair);
  });
  for (const { userId, before, after } of repairs)
    yield { finding: { kind: 'usage', userId, got: before, expected: after }, outcome: 'mended' };
}

const reasonOf = (error: unknown): string => {
  const { cause = error } = error instanceof Error ? error : {};
  return cause instanceof AppError ? cause.detail : cause instanceof Error ? cause.message : String(cause);
};
