import { type Manifest, readManifest } from '../archive/backup/manifest.ts';
import { type BackupId, backupPath } from '../archive/backup/names.ts';
import { type Note, readNote } from '../archive/backup/notes.ts';
import type { Target } from '../archive/place/target.ts';
import { findBackups, unfinished } from './find-backups.ts';

export type ListedBackup =
  | {
      readonly state: 'finished';
      readonly id: BackupId;
      readonly manifest: Manifest;
      /** The last verification; undefined: unknown. */
      readonly verified: Note<'verified.json'> | undefined;
      /** The database was damaged. */
      readonly isLacking: boolean;
    }
  /** Interrupted, so that the next backup resumes it or takes its objects; or, if an older one, left for `prune`. */
  | { readonly state: 'unfinished' | 'left'; readonly id: BackupId }
  | { readonly state: 'damaged'; readonly id: BackupId; readonly detail: string };

/** The newest first. Errors: those of the target. */
export async function listBackups(target: Target): Promise<readonly ListedBackup[]> {
  const found = await findBackups(target);
  const newest = new Set(unfinished(found).map(({ id }) => id));
  const listed: ListedBackup[] = [];
  for (const { id, isFinished } of found) {
    if (isFinished) listed.push(await finishedBackup(target, id));
    else listed.push({ state: newest.has(id) ? 'unfinished' : 'left', id });
  }
  return listed;
}

async function finishedBackup(target: Target, id: BackupId): Promise<ListedBackup> {
  try {
    const manifest = await readManifest(target, id);
    if (!manifest) return { state: 'left', id }; // removed since it was listed
    const verified = await verification(target, id);
    const isLacking = (await target.sizeOf(backupPath(id, 'damage.json'))) !== undefined;
    return { state: 'finished', id, manifest, verified, isLacking };
  } catch (error) {
    if (error instanceof TypeError) return { state: 'damaged', id, detail: error.message };
    throw error;
  }
}

/** One that isn't as it was written says nothing. */
async function verification(target: Target, id: BackupId): Promise<Note<'verified.json'> | undefined> {
  try {
    return await readNote(target, id, 'verified.json');
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
