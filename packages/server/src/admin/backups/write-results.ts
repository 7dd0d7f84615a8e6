import type { Clock } from '../../services.ts';
import { type BackupId, backupPath, backupPrefix, fileAt } from '../archive/backup/names.ts';
import { putNote } from '../archive/backup/notes.ts';
import { readRecords } from '../archive/backup/records-file.ts';
import type { Target } from '../archive/place/target.ts';
import type { Verified, VerifyOptions } from './verification.ts';

/** The limit of originals that a result names. */
const MAX_NAMED = 1_000;

/**
 * Writes what a verification has found beside the manifest of each backup that it read: a prune keeps the newest sound
 * one. A prune that runs meanwhile may leave a result alone, which the next one removes. Errors: those of the target.
 */
export async function writeResults(
  { clock }: { readonly clock: Pick<Clock, 'now'> },
  { target, sample, signal }: Pick<VerifyOptions, 'target' | 'sample' | 'signal'>,
  { findings, readObjects, ids }: Pick<Verified, 'findings' | 'readObjects' | 'ids'>,
): Promise<void> {
  const faults = findings.filter(({ kind }) => kind !== 'unknown');
  const objects = new Set(
    faults.flatMap(({ path }) => {
      const file = fileAt(path);
      return file.kind === 'object' ? [file.sha256] : [];
    }),
  );
  for (const id of ids) {
    const own = faults.filter(({ path }) => path.startsWith(backupPrefix(id)) && path !== resultPath(id));
    const needed = objects.size > 0 ? await namedBy(target, id, { objects, signal }) : [];
    if ((await target.sizeOf(backupPath(id, 'manifest.json'))) === undefined) continue; // pruned meanwhile
    await putNote(target, {
      id,
      name: 'verified.json',
      note: {
        format: 1,
        backup: id,
        at: clock.now().toISOString(),
        read: sample === undefined ? 'all' : 'sample',
        readObjects,
        faults: own.length + needed.length,
        objects: needed.slice(0, MAX_NAMED),
      },
    });
  }
}

/** A damaged result is written anew. */
const resultPath = (id: BackupId) => backupPath(id, 'verified.json');

/** Those of `objects` that the backup needs. Damaged records count by themselves. */
async function namedBy(
  target: Target,
  id: BackupId,
  { objects, signal }: { readonly objects: ReadonlySet<string>; readonly signal: AbortSignal | undefined },
): Promise<readonly string[]> {
  const named = new Set<string>();
  const source = await target.get(backupPath(id, 'records.jsonl'));
  if (!source) return [];
  try {
    for await (const { record } of readRecords(source, { backup: id })) {
      signal?.throwIfAborted();
      if (record.kind === 'image' && objects.has(record.image.sha256)) named.add(record.image.sha256);
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  return [...named];
}
