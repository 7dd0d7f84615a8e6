import { composeArchive, requireService } from '../../../compose/archive.ts';
import type { BackupProgress } from '../../../operations/backups/backup-progress.ts';
import { type MadeBackup, makeBackup } from '../../../operations/backups/make-backup.ts';
import { BUILD } from '../../../version.ts';
import { printJson, type Start } from '../command.ts';
import { stopSignal } from '../stop-signal.ts';
import { openNamedTarget } from '../target.ts';
import { inBytes, onTerminal } from './words.ts';

export interface MakeOptions {
  readonly target: string;
  readonly bytesPerSecond: number | undefined;
  readonly withSecret: boolean;
  readonly isJson: boolean;
}

export async function make(
  start: Start,
  { target: name, bytesPerSecond, withSecret, isJson }: MakeOptions,
): Promise<void> {
  const { config, secrets, observe } = start;
  requireService(config);
  await using target = await openNamedTarget(name, start, 'make');
  await using composition = await composeArchive(config, secrets, { observe });
  const { services } = composition;
  const isMade = secrets.secretKeys === null;
  const made = await makeBackup(services, {
    target,
    spoolFolder: config.dataDir,
    version: BUILD,
    secret: withSecret && isMade ? await services.ownSecret() : undefined,
    bytesPerSecond,
    onProgress: onTerminal(inWords),
    signal: stopSignal(),
  });
  if (isJson) printJson(madeJson(made));
  else console.log(sentences(made).join('\n'));
  if (made.faults.length > 0) process.exitCode = 1;
  if (withSecret && !isMade) console.error('--with-secret has no effect: SECRET_KEY is yours, and you keep it');
  if (!withSecret) console.error(secretAdvice(isMade));
}

const secretAdvice = (isMade: boolean): string =>
  isMade
    ? 'The secret that the service made is not in the backup: keep it elsewhere, or run backup --with-secret. Restored without it, all signed links and tokens are void'
    : 'SECRET_KEY is not in the backup: keep it elsewhere. Restored without it, all signed links and tokens are void';

const inWords = ({ phase, records, images, stored, copiedObjects, copiedBytes }: BackupProgress): string =>
  phase === 'records'
    ? `${records} records`
    : `${stored} of ${images} originals are in the target, ${copiedObjects} of them copied now (${inBytes(copiedBytes)})`;

function sentences({ id, isResumed, manifest, copiedObjects, copiedBytes, faults }: MadeBackup): readonly string[] {
  const copied = `${copiedObjects} originals were copied (${inBytes(copiedBytes)})`;
  const begun = isResumed ? 'was resumed' : 'was made';
  const { images, leftOut, lost } = manifest.counts;
  const left = leftOut === 0 ? '' : `; ${leftOut} were deleted meanwhile`;
  return [
    ...faults.slice(0, MOST_FAULTS).map(({ imageId, kind, detail }) => `${kind}: ${imageId}: ${detail}`),
    ...(faults.length > MOST_FAULTS ? [`and ${faults.length - MOST_FAULTS} more: --json lists all`] : []),
    ...(lost > 0
      ? [`The service has lost ${lost} originals, which no backup here has: npm run admin -- reconcile explains each`]
      : []),
    ...(faults.length > lost
      ? [
          `The service can't read ${faults.length - lost} records, which the backup lacks: see docs/backup.md, "A record that can't be read"`,
        ]
      : []),
    `The backup ${id} ${begun}: ${images - leftOut - lost} images, ${inBytes(manifest.originalBytes)}${left}. ${copied}`,
  ];
}

const MOST_FAULTS = 20;

const madeJson = ({ id, isResumed, manifest, copiedObjects, copiedBytes, faults }: MadeBackup) => ({
  id,
  is_resumed: isResumed,
  records_at: manifest.recordsAt,
  ended_at: manifest.endedAt,
  images: manifest.counts.images - manifest.counts.leftOut - manifest.counts.lost,
  left_out: manifest.counts.leftOut,
  lost: manifest.counts.lost,
  original_bytes: manifest.originalBytes,
  copied_objects: copiedObjects,
  copied_bytes: copiedBytes,
  has_secret: manifest.hasSecret,
  faults: faults.map(({ imageId, kind, detail }) => ({ image_id: imageId, kind, detail })),
});
