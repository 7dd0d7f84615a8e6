import { createHash } from 'node:crypto';
import type { Revocation } from '../../domain/access/revocation.ts';
import type { StoredImage } from '../../domain/image/image.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { type ArchivedRecord, isArchived, type RecordArchive } from '../../records/archive/record-archive.ts';
import { recordOf } from '../../records/archive/record-json.ts';
import { unreadable } from '../../records/archive/unreadable.ts';
import type { ManifestCounts } from '../archive/backup/manifest.ts';
import { type BackupId, backupPath, GROUPS, groupOf } from '../archive/backup/names.ts';
import {
  createRecordsWriter,
  type ReadRecord,
  type RecordsWriter,
  readRecords,
  type UnreadableRecord,
} from '../archive/backup/records-file.ts';
import type { Spool } from '../archive/backup/spool.ts';
import type { Target } from '../archive/place/target.ts';

/** The records of one backup, in a spool, with where each image is in it. */
export interface SpooledRecords {
  readonly recordsAt: string;
  readonly counts: Omit<ManifestCounts, 'leftOut' | 'lost'>;
  readonly originalBytes: number;
  /** Images whose records the service couldn't read: they aren't in the file. */
  readonly unreadable: readonly UnreadableRecord[];
  readonly file: { readonly sha256: string; readonly sizeBytes: number };
  /** The images whose bytes are in a group of objects. */
  images(group: number): AsyncIterable<StoredImage>;
}

interface SpoolOptions {
  readonly spool: Spool;
  readonly backup: BackupId;
  readonly onRecords: (added: number) => void;
}

/**
 * More are no accident: this version may not be the one that wrote them. Of a damaged database the others are counted.
 */
const MOST_UNREADABLE = 100;

/**
 * Reads all records of the service. One image's record that can't be read, or brought back, is left out, so that it
 * doesn't keep the others from being saved. Errors: those of the archive; that of such a record if a newer version
 * wrote it, or if there are many in a sound database.
 */
export async function spoolRecords(
  archive: Pick<RecordArchive, 'all'>,
  {
    spool,
    backup,
    recordsAt,
    onRecords,
    onDamage,
    signal,
  }: SpoolOptions & {
    readonly recordsAt: Date;
    readonly onDamage: (detail: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<SpooledRecords> {
  const index = createIndex(spool);
  const head = { backup, recordsAt: recordsAt.toISOString() };
  const writer = createRecordsWriter(head);
  await index.append(writer.head);
  let isDamaged = false;
  let unnamed = 0;
  const noteDamage = (detail: string): void => {
    isDamaged = true;
    onDamage(detail);
  };
  const onUnreadable = (id: ImageId, error: unknown): void => {
    const named = unreadable(`image ${id}`, error);
    if (named.isOfNewerVersion) throw named;
    if (parseImageId(id) !== id)
      noteDamage(named.detail); // no reader takes it for an id
    else if (index.unreadable.length < MOST_UNREADABLE) index.unreadable.push({ id, detail: named.detail });
    else if (isDamaged) unnamed += 1;
    else throw named;
  };
  for await (const page of archive.all({ signal, onUnreadable, onDamage: noteDamage })) {
    signal.throwIfAborted();
    for (const record of page.filter(isArchived)) {
      const line = lineOf(writer, record);
      if (typeof line === 'string') await index.add(record, line);
      else if (record.kind === 'image') onUnreadable(record.image.id, line);
      else throw unreadable(nameOf(record), line);
    }
    onRecords(page.length);
  }
  if (unnamed > 0) onDamage(`expected records of images; ${unnamed} more than those that are named can't be read`);
  await index.append(writer.end(index.unreadable));
  return index.finished(head.recordsAt);
}

/** Or what is wrong with a record that no backup could bring back. */
function lineOf(writer: RecordsWriter, record: ArchivedRecord): string | TypeError {
  try {
    return writer.lines([record]);
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
}

function nameOf(record: ArchivedRecord): string {
  switch (record.kind) {
    case 'image':
      return `image ${record.image.id}`;
    case 'album':
      return `album ${record.album.id}`;
    case 'key':
      return `API key ${record.key.id}`;
    case 'limits':
      return `limits of ${record.userId}`;
    case 'token-count':
      return `upload token ${record.tokenId}`;
    case 'revocation':
      return revocationName(record.revocation);
    case 'erasure':
      return `erasure ${record.erasure.id}`;
    case 'erasure-key':
      return 'the key of erasures';
    case 'webhook':
      return `webhook ${record.webhook.id}`;
  }
}

const revocationName = ({ userId, tokenId }: Revocation): string =>
  `revocation of ${tokenId === null ? 'the view tokens' : `view token ${tokenId}`}${userId === null ? '' : ` of ${userId}`}`;

/** Reads those of a backup that was interrupted. Undefined: they aren't whole, so that nothing can be resumed. */
export async function readSpooled(
  target: Target,
  { spool, backup, onRecords }: SpoolOptions,
): Promise<SpooledRecords | undefined> {
  const source = await target.get(backupPath(backup, 'records.jsonl'));
  if (!source) return undefined;
  const index = createIndex(spool);
  for await (const chunk of source) await index.append(chunk);
  let recordsAt = '';
  const onHead = (head: { readonly recordsAt: string }): void => {
    recordsAt = head.recordsAt;
  };
  try {
    const onUnreadable = (all: readonly UnreadableRecord[]) => void index.unreadable.push(...all);
    for await (const one of readRecords(spool.read(), { backup, onHead, onUnreadable })) {
      index.note(one);
      onRecords(1);
    }
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  return index.finished(recordsAt);
}

function createIndex(spool: Spool) {
  const sha256 = createHash('sha256');
  // Each line as two numbers, its offset and its length: a million lines take 16 MB.
  const images: number[][] = GROUPS.map(() => []);
  const counts = { images: 0, keys: 0, limits: 0, tokenCounts: 0, erasures: 0 };
  const unreadable: UnreadableRecord[] = [];
  let originalBytes = 0;

  async function append(bytes: Uint8Array | string): Promise<void> {
    sha256.update(bytes);
    await spool.append(bytes);
  }

  function note({ record, offset, bytes }: ReadRecord): void {
    switch (record.kind) {
      case 'image':
        counts.images += 1;
        originalBytes += record.image.sizeBytes;
        images[groupOf(record.image.sha256)]?.push(offset, bytes);
        return;
      case 'erasure':
        counts.erasures += 1;
        return;
      case 'album':
      case 'erasure-key':
      case 'webhook':
      case 'revocation':
        return; // few, soon over, or unknown to earlier versions: the manifest doesn't count them
      case 'key':
        counts.keys += 1;
        return;
      case 'limits':
        counts.limits += 1;
        return;
      case 'token-count':
        counts.tokenCounts += 1;
        return;
    }
  }

  return {
    append,
    note,
    unreadable,
    async add(record: ArchivedRecord, line: string): Promise<void> {
      const offset = spool.size();
      await append(line);
      note({ record, offset, bytes: spool.size() - offset });
    },
    finished: (at: string): SpooledRecords => ({
      recordsAt: at,
      counts,
      originalBytes,
      unreadable,
      file: { sha256: sha256.digest('hex'), sizeBytes: spool.size() },
      async *images(group) {
        const places = images[group] ?? [];
        for (let at = 0; at < places.length; at += 2) {
          const [offset = 0, bytes = 0] = places.slice(at, at + 2);
          const record = recordOf((await spool.readAt(offset, bytes)).toString('utf8', 0, bytes - 1));
          if (record.kind === 'image') yield record.image;
        }
      },
    }),
  };
}

/** Images with the same bytes, which are one file in the target. */
export type Alike = readonly [StoredImage, ...StoredImage[]];

/** Those of a group of objects: memory holds one group. */
export async function alikeIn(records: SpooledRecords, group: number): Promise<readonly Alike[]> {
  const found = new Map<string, [StoredImage, ...StoredImage[]]>();
  for await (const image of records.images(group)) {
    const alike = found.get(image.sha256);
    if (alike) alike.push(image);
    else found.set(image.sha256, [image]);
  }
  return [...found.values()];
}

/** All, by their hash, from the first that isn't before `from`, and then those before it. */
export async function* allAlike(records: SpooledRecords, from: string): AsyncGenerator<Alike> {
  const first = groupOf(from);
  const isBefore = ([{ sha256 }]: Alike): boolean => sha256 < from;
  const sorted = async (group: number): Promise<readonly Alike[]> =>
    (await alikeIn(records, group)).toSorted(([one], [other]) => (one.sha256 < other.sha256 ? -1 : 1));
  yield* (await sorted(first)).filter((alike) => !isBefore(alike));
  for (const group of [...GROUPS.slice(first + 1), ...GROUPS.slice(0, first)]) yield* await sorted(group);
  yield* (await sorted(first)).filter(isBefore);
}
