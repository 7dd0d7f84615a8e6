import { createHash } from 'node:crypto';
import type { Details } from '../../domain/facts/facts.ts';
import { isStored, type Json, type StoredImage } from '../../domain/image/image.ts';
import { isSameJson } from '../../domain/image/same-json.ts';
import type { Erased } from '../../domain/user/erased.ts';
import { eachAtMost } from '../../flow/each-at-most.ts';
import { createNamed } from '../../flow/named.ts';
import type { ObjectReads } from '../../object-store/object-store.ts';
import type { ImageRecord, RecordArchive } from '../../records/archive/record-archive.ts';
import { recordLine } from '../../records/archive/record-json.ts';
import type { Services } from '../../services.ts';
import { createFingerprints } from '../../text/fingerprints.ts';
import type { OpenedBackup } from './open-backup.ts';
import { restoredImage } from './restored-image.ts';
import { type OtherRecord, withoutErased } from './without-erased.ts';

export interface CheckRestoredServices {
  readonly archive: Pick<RecordArchive, 'all'>;
  readonly images: Pick<Services['images'], 'get' | 'details'>;
  readonly objects: Pick<ObjectReads, 'get'>;
}

export interface CheckedRestore {
  /** Images whose record and bytes are those of the backup. */
  readonly intact: number;
  /** Sentences: the first ones. */
  readonly faults: readonly string[];
  readonly faultCount: number;
}

const AT_ONCE = 4;
const MAX_FAULTS = 1_000;

/**
 * Reads back what a restore of everything has brought, every record and every byte, and compares it with the backup.
 * `erased` is what the restore used. Errors: those of the stores and of the backup.
 */
export async function checkRestored(
  services: CheckRestoredServices,
  { backup, erased, signal }: { backup: OpenedBackup; erased: Erased; signal?: AbortSignal | undefined },
): Promise<CheckedRestore> {
  const leftOut = await backup.leftOut();
  const { images, others } = await readPlace(services.archive, signal);
  const recordsAt = new Date(backup.manifest.recordsAt);
  const faults = createNamed<string>(MAX_FAULTS);
  let expected = 0;
  let intact = 0;

  async function check(archived: ImageRecord<StoredImage>): Promise<void> {
    const { image } = archived;
    const why = leftOut.get(image.id);
    if (why === 'deleted' || erased.has(image)) return;
    if (why !== undefined && !(await services.images.get(image.id))) return; // no later backup has its bytes
    expected += 1;
    const fault = (await recordFault(services, archived)) ?? (await bytesFault(services, image));
    if (fault === undefined) intact += 1;
    else faults.add(`image ${image.id}: ${fault}`);
  }

  await eachAtMost(AT_ONCE, backup.records(), async (record) => {
    signal?.throwIfAborted();
    if (record.kind === 'image') await check(record);
    else {
      const left = withoutErased(record, erased, recordsAt);
      if (left && !others.has(lineOf(left))) faults.add(`expected the same ${record.kind} as in the backup; got none`);
    }
  });
  if (images > expected) faults.add(`expected ${expected} images; got ${images}`);
  return { intact, faults: faults.first, faultCount: faults.count() };
}

/** The number of images, and the lines of all other records. */
async function readPlace(archive: CheckRestoredServices['archive'], signal: AbortSignal | undefined) {
  const others = createFingerprints();
  let images = 0;
  for await (const page of archive.all({ signal, needsDetails: () => false }))
    for (const record of page) {
      if (record.kind === 'image') images += 1;
      else others.add(lineOf(record));
    }
  return { images, others };
}

/** Without the pause, which a restore changes. */
const lineOf = (record: OtherRecord): string =>
  recordLine(record.kind === 'webhook' ? { ...record, webhook: { ...record.webhook, paused: null } } : record);

async function recordFault(
  { images }: Pick<CheckRestoredServices, 'images'>,
  { image: archived, details }: ImageRecord<StoredImage>,
): Promise<string | undefined> {
  const found = await images.get(archived.id);
  if (!found) return 'expected its record; got none';
  if (isStored(found)) {
    if (!isSameJson(plain(await images.details(found)), plain(details ?? null)))
      return 'expected its details as in the backup; got others';
    const restored = comparable(found);
    if (restored === comparable(archived)) return undefined;
    // A backup of DynamoDB isn't of one moment: an id may have moved between two of its images, and one comes without.
    if (found.externalId === null && restored === comparable({ ...archived, externalId: null })) return undefined;
  }
  return `expected its record as in the backup; got another one, of status ${found.status}`;
}

/** Without what a restore changes, and without details. */
function comparable(archived: StoredImage): string {
  const at = new Date(0);
  const restored = restoredImage(archived, { objectTag: null, hasEagerPresets: true, filteredBy: [], at });
  const image =
    restored.status === 'held' ? { ...restored, screening: { ...restored.screening, deadline: at } } : restored;
  return recordLine({ kind: 'image', image: { ...image, hasDetails: false } });
}

/** Without members that are undefined. */
const plain = (details: Details | null): Json => JSON.parse(JSON.stringify(details));

/** What differs from the bytes of the record; undefined: nothing. */
export async function bytesFault(
  { objects }: Pick<CheckRestoredServices, 'objects'>,
  { objectKey, sha256 }: StoredImage,
): Promise<string | undefined> {
  const object = await objects.get(objectKey);
  if (!object) return 'expected its bytes; got none';
  const sum = createHash('sha256');
  if (object.body instanceof Uint8Array) sum.update(object.body);
  else for await (const chunk of object.body) sum.update(chunk);
  const got = sum.digest('hex');
  return got === sha256 ? undefined : `expected bytes with the SHA-256 ${sha256}; got ${got}`;
}
