import { BACKUPS_PREFIX, type BackupId, backupPath, fileAt, startOf } from '../archive/backup/names.ts';
import type { Target } from '../archive/place/target.ts';

/** A folder of a backup, with what it has. */
export interface FoundBackup {
  readonly id: BackupId;
  readonly isFinished: boolean;
  readonly hasRecords: boolean;
  /** Whether it says how far originals were read: one of an older version doesn't. */
  readonly hasReading: boolean;
  /** The total size of the backup's own files, without originals. */
  readonly sizeBytes: number;
}

/** All backups of a target, the newest first. */
export async function findBackups(target: Target): Promise<readonly FoundBackup[]> {
  const found = new Map<BackupId, FoundBackup>();
  for await (const { path, sizeBytes } of target.list(BACKUPS_PREFIX)) {
    const file = fileAt(path);
    if (file.kind !== 'backup') continue;
    const { id } = file;
    const before = found.get(id) ?? { id, isFinished: false, hasRecords: false, hasReading: false, sizeBytes: 0 };
    found.set(id, {
      id,
      isFinished: before.isFinished || path === backupPath(id, 'manifest.json'),
      hasRecords: before.hasRecords || path === backupPath(id, 'records.jsonl'),
      hasReading: before.hasReading || path === backupPath(id, 'reading.json'),
      sizeBytes: before.sizeBytes + sizeBytes,
    });
  }
  return [...found.values()].toSorted((one, other) => (one.id < other.id ? 1 : -1));
}

/** A resume of an older backup would leave out what was uploaded since; its objects serve the next backup anyway. */
const RESUMABLE_MS = 12 * 3_600_000;

/** The newest one, if it isn't finished and its records are there. */
export function resumable([newest]: readonly FoundBackup[], now: Date): BackupId | undefined {
  if (!newest || newest.isFinished || !newest.hasRecords) return undefined;
  const age = Math.abs(now.getTime() - startOf(newest.id).getTime()); // one of a wrong clock may be of any age
  return age < RESUMABLE_MS ? newest.id : undefined;
}

/** Those without a manifest that are newer than every finished one: the next backup may resume or use them. */
export function unfinished(backups: readonly FoundBackup[]): readonly FoundBackup[] {
  const finished = backups.findIndex(({ isFinished }) => isFinished);
  return finished < 0 ? backups : backups.slice(0, finished);
}
