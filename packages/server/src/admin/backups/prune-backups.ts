import { AppError } from '../../domain/errors.ts';
import type { Clock } from '../../services.ts';
import {
  BACKUP_FILES,
  type BackupId,
  backupPath,
  fileAt,
  GROUPS,
  groupPrefix,
  newBackupId,
} from '../archive/backup/names.ts';
import { createObjectRefs, type ObjectRefs } from '../archive/backup/object-refs.ts';
import { readRecords } from '../archive/backup/records-file.ts';
import { lockTarget } from '../archive/place/lock.ts';
import type { Target } from '../archive/place/target.ts';
import { findBackups, unfinished } from './find-backups.ts';
import { type Keeping, keptBackups } from './kept-backups.ts';
import { listBackups } from './list-backups.ts';

export interface PruneOptions extends Keeping {
  readonly target: Target;
  readonly signal?: AbortSignal;
}

export interface Pruned {
  readonly kept: readonly BackupId[];
  readonly removed: readonly BackupId[];
  readonly removedObjects: number;
  readonly removedBytes: number;
}

/** Deletes are batched, and each batch confirms the lock. */
const BATCH = 1_000;

/**
 * Removes the backups that aren't kept, by their age or as the newest that a verification found sound, and then the
 * objects that no kept backup names, nor an unfinished one that may be resumed. Nothing is removed while a kept backup
 * can't be read. Errors: those of the target.
 */
export async function pruneBackups(
  { clock }: { readonly clock: Pick<Clock, 'now'> },
  options: PruneOptions,
): Promise<Pruned> {
  const { target } = options;
  await using lock = await lockTarget(target, { work: `prune of ${newBackupId(clock.now())}`, clock });
  const signal = options.signal ? AbortSignal.any([options.signal, lock.lost]) : lock.lost;

  const listed = await listBackups(target);
  const damaged = listed.find(({ state }) => state === 'damaged');
  if (damaged)
    throw new AppError(
      'unavailable',
      `expected whole backups only; got the damaged ${damaged.id}: run backup verify, then remove its folder by hand`,
    );
  const finished = listed.filter((one) => one.state === 'finished');
  // One that was never verified may be sound; the others are known not to be.
  const sound =
    finished.find(({ verified }) => verified?.faults === 0) ??
    finished.find(({ verified, isLacking }) => !verified && !isLacking);
  const ids = finished.map(({ id }) => id);
  const kept = new Set([...keptBackups(ids, options, clock.now()), ...(sound ? [sound.id] : [])]);
  const resumed = unfinished(await findBackups(target));
  const refs = createObjectRefs();
  for (const id of kept) await addObjects(target, id, refs, signal).catch(cantRead);
  // Damaged records can't be resumed: the next backup begins anew.
  for (const { id } of resumed.filter(({ hasRecords }) => hasRecords))
    await addObjects(target, id, refs, signal).catch((error: unknown) => {
      if (!(error instanceof TypeError)) throw error;
    });

  const removed = listed.map(({ id }) => id).filter((id) => !kept.has(id) && !resumed.some((one) => one.id === id));
  for (const id of removed) {
    signal.throwIfAborted();
    await lock.confirm();
    await target.delete([backupPath(id, 'manifest.json')]); // first: without it there is no such backup
    await target.delete(BACKUP_FILES.map((file) => backupPath(id, file)));
  }
  const objects = await removeObjects(target, refs, { signal, confirm: lock.confirm });
  return { kept: [...kept], removed, ...objects };
}

async function addObjects(target: Target, id: BackupId, refs: ObjectRefs, signal: AbortSignal): Promise<void> {
  const source = await target.get(backupPath(id, 'records.jsonl'));
  if (!source)
    throw new AppError('unavailable', `expected the records of the backup ${id}; got none: run backup verify`);
  for await (const { record } of readRecords(source, { backup: id })) {
    signal.throwIfAborted();
    if (record.kind === 'image') refs.add(record.image.sha256, record.image.sizeBytes);
  }
}

function cantRead(error: unknown): never {
  if (!(error instanceof TypeError)) throw error;
  throw new AppError('unavailable', `${error.message}. Nothing was removed: run backup verify`, { cause: error });
}

async function removeObjects(
  target: Target,
  refs: ObjectRefs,
  { signal, confirm }: { readonly signal: AbortSignal; readonly confirm: () => Promise<void> },
): Promise<Pick<Pruned, 'removedObjects' | 'removedBytes'>> {
  let removedObjects = 0;
  let removedBytes = 0;
  for (const group of GROUPS) {
    const named = refs.group(group);
    const unnamed: string[] = [];
    for await (const { path, sizeBytes } of target.list(groupPrefix(group))) {
      const file = fileAt(path);
      if (file.kind !== 'object' || named.has(file.sha256)) continue;
      unnamed.push(path);
      removedBytes += sizeBytes;
    }
    for (let start = 0; start < unnamed.length; start += BATCH) {
      signal.throwIfAborted();
      await confirm();
      await target.delete(unnamed.slice(start, start + BATCH));
    }
    removedObjects += unnamed.length;
  }
  return { removedObjects, removedBytes };
}
