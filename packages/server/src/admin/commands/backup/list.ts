import type { ManifestCounts } from '../../archive/backup/manifest.ts';
import { type ListedBackup, listBackups } from '../../backups/list-backups.ts';
import { printJson, type Start } from '../command.ts';
import { openNamedTarget } from '../target.ts';
import { inBytes } from './words.ts';

type Finished = Extract<ListedBackup, { readonly state: 'finished' }>;

/** One backup a line. */
export async function list(
  start: Start,
  { target: name, isJson }: { readonly target: string; readonly isJson: boolean },
): Promise<void> {
  await using target = await openNamedTarget(name, start);
  const backups = await listBackups(target);
  for (const one of backups) {
    if (isJson) printJson(listedJson(one));
    else console.log(inWords(one));
  }
  if (backups.length === 0 && !isJson) console.error(`There are no backups in ${name}`);
  if (backups.some(({ state }) => state === 'damaged')) process.exitCode = 1;
}

function inWords(backup: ListedBackup): string {
  const { id, state } = backup;
  switch (state) {
    case 'finished': {
      const { verified, isLacking, manifest } = backup;
      const { recordsAt, counts, originalBytes, safelight } = manifest;
      const lost = counts.lost === 0 ? '' : `, ${counts.lost} more without their originals`;
      return `${id}  of ${recordsAt}: ${savedIn(counts)} images${lost}, ${inBytes(originalBytes)}, by ${safelight}${verifiedIn(verified)}${isLacking ? ', of a damaged database' : ''}`;
    }
    case 'unfinished':
      return `${id}  unfinished: the next backup continues it`;
    case 'left':
      return `${id}  unfinished, and superseded: prune removes it`;
    case 'damaged':
      return `${id}  damaged: ${backup.detail}`;
  }
}

function verifiedIn(verified: Finished['verified']): string {
  if (!verified) return '';
  const found = verified.faults === 0 ? 'sound' : `${verified.faults} faults`;
  return `, verified ${verified.at.slice(0, 10)} (${verified.read}): ${found}`;
}

const savedIn = ({ images, leftOut, lost }: ManifestCounts): number => images - leftOut - lost;

const listedJson = (backup: ListedBackup) => ({
  id: backup.id,
  state: backup.state,
  ...(backup.state === 'damaged' && { detail: backup.detail }),
  ...(backup.state === 'finished' && {
    records_at: backup.manifest.recordsAt,
    ended_at: backup.manifest.endedAt,
    images: savedIn(backup.manifest.counts),
    lost: backup.manifest.counts.lost,
    original_bytes: backup.manifest.originalBytes,
    has_secret: backup.manifest.hasSecret,
    safelight: backup.manifest.safelight,
    verified: backup.verified ? verifiedJson(backup.verified) : null,
    is_lacking: backup.isLacking,
  }),
});

const verifiedJson = ({ at, read, faults }: NonNullable<Finished['verified']>) => ({ at, read, faults });
