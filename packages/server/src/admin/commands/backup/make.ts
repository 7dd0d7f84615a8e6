import { BUILD } from '../../../observe/version.ts';
import { DAMAGE_REMEDY } from '../../../records/sqlite/sqlite-error.ts';
import { composeArchive, requireService } from '../../../run/compose/archive.ts';
import { damagedErasure } from '../../archive/backup/erasures.ts';
import type { BackupProgress } from '../../backups/backup-progress.ts';
import { type MadeBackup, makeBackup } from '../../backups/make-backup.ts';
import { printJson, type Start } from '../command.ts';
import { stopSignal } from '../stop-signal.ts';
import { openNamedTarget } from '../target.ts';
import { inBytes, onTerminal } from './words.ts';

export interface MakeOptions {
  readonly target: string;
  readonly bytesPerSecond: number | undefined;
  readonly share: number | undefined;
  readonly withSecret: boolean;
  readonly mustCheck: boolean;
  readonly isJson: boolean;
}

export async function make(
  start: Start,
  { target: name, bytesPerSecond, share, withSecret, mustCheck, isJson }: MakeOptions,
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
    share,
    mustCheck,
    onProgress: onTerminal(inWords),
    signal: stopSignal(),
  });
  if (isJson) printJson(madeJson(made));
  else console.log(sentences(made).join('\n'));
  for (const line of warnings(made)) console.error(line);
  const found = made.faults.length + made.savedCount + made.damagedErasuresCount + made.damage.length;
  if (found > 0 || made.notCompared !== null) process.exitCode = 1;
  if (withSecret && !isMade) console.error('--with-secret has no effect: SECRET_KEY is yours, and you keep it');
  if (!withSecret) console.error(secretAdvice(isMade));
}

const secretAdvice = (isMade: boolean): string =>
  isMade
    ? 'The secret that the service made is not in the backup: keep it elsewhere, or run backup --with-secret. Restored without it, all signed links and tokens are void'
    : 'SECRET_KEY is not in the backup: keep it elsewhere. Restored without it, all signed links and tokens are void';

function inWords(progress: BackupProgress): string {
  const { phase, records, images, stored, copiedObjects, copiedBytes, examined, readBytes } = progress;
  if (phase === 'records') return `${records} records`;
  if (phase === 'originals')
    return `${stored} of ${images} originals are in the target, ${copiedObjects} of them copied now (${inBytes(copiedBytes)})`;
  return `${examined} of ${images} originals were compared with the store (${inBytes(readBytes)} read)`;
}

function sentences(made: MadeBackup): readonly string[] {
  const { id, isResumed, manifest, copiedObjects, copiedBytes, readBytes, faults, saved, savedCount, healed, damage } =
    made;
  const copied = `${copiedObjects} originals were copied (${inBytes(copiedBytes)}); ${inBytes(readBytes)} of others were read and compared`;
  const begun = isResumed ? 'was resumed' : 'was made';
  const { images, leftOut, lost } = manifest.counts;
  const left = leftOut === 0 ? '' : `; ${leftOut} were deleted meanwhile`;
  const named = [...faults, ...saved].slice(0, MOST_NAMED);
  const more = faults.length + savedCount - named.length;
  return [
    ...damage.slice(0, MOST_NAMED).map((fault) => `damaged-database: ${fault}`),
    ...(damage.length > 0 ? [`The backup has the records that can be read. ${DAMAGE_REMEDY}`] : []),
    ...named.map(({ imageId, kind, detail }) => `${kind}: ${imageId}: ${detail}`),
    ...(more > 0 ? [`and ${more} more: --json lists them`] : []),
    ...(savedCount > 0
      ? [
          `The service has lost ${savedCount} originals, which this backup has: stop the service, and bring them back with npm run admin -- restore TARGET --only IDS`,
        ]
      : []),
    ...(lost > 0
      ? [`The service has lost ${lost} originals, which no backup here has: npm run admin -- reconcile explains each`]
      : []),
    ...(faults.length > lost && damage.length === 0
      ? [
          `The service can't read ${faults.length - lost} records, which the backup lacks: see docs/backup.md, "A record that can't be read"`,
        ]
      : []),
    `The backup ${id} ${begun}: ${images - leftOut - lost} images, ${inBytes(manifest.originalBytes)}${left}. ${copied}`,
    ...(healed.length > 0 ? [`${healed.length} damaged originals of the target were stored again`] : []),
  ];
}

/** On stderr, as what isn't about this backup alone. */
function warnings(made: MadeBackup): readonly string[] {
  const { check, leftToRead, foreign, foreignCount, damagedErasures, damagedErasuresCount, notCompared } = made;
  return [
    ...(check === 'unfinished'
      ? [
          'The check of the database could not run, or was ended, which says nothing of it: backup TARGET --check runs it again',
        ]
      : []),
    ...(leftToRead > 0
      ? [
          `The time for reading was over: ${inPercent(leftToRead)} of all originals wait for the next backup. --read-share 1 reads all, however long that takes`,
        ]
      : []),
    ...(notCompared === null ? [] : [`The originals were not compared with the store: ${notCompared}`]),
    ...(foreignCount > 0
      ? [`The target has ${foreignCount} files of others, which restore ignores: ${bounded(foreign, foreignCount)}`]
      : []),
    ...damagedErasures.slice(0, MOST_NAMED).map((path) => damagedErasure(path)),
    ...(damagedErasuresCount > MOST_NAMED ? [`and ${damagedErasuresCount - MOST_NAMED} more such files`] : []),
  ];
}

const bounded = (paths: readonly string[], count: number): string =>
  `${paths.slice(0, MOST_NAMED).join(', ')}${count > MOST_NAMED ? ` and ${count - MOST_NAMED} more` : ''}`;

const inPercent = (part: number): string => `${Number((part * 100).toPrecision(2))} %`;

const MOST_NAMED = 20;

const madeJson = ({ id, isResumed, manifest, ...made }: MadeBackup) => ({
  id,
  is_resumed: isResumed,
  records_at: manifest.recordsAt,
  ended_at: manifest.endedAt,
  images: manifest.counts.images - manifest.counts.leftOut - manifest.counts.lost,
  left_out: manifest.counts.leftOut,
  lost: manifest.counts.lost,
  original_bytes: manifest.originalBytes,
  copied_objects: made.copiedObjects,
  copied_bytes: made.copiedBytes,
  read_bytes: made.readBytes,
  left_to_read: made.leftToRead,
  has_secret: manifest.hasSecret,
  damage: made.damage,
  database_check: made.check,
  faults: [...made.faults, ...made.saved].map(({ imageId, kind, detail }) => ({ image_id: imageId, kind, detail })),
  lost_here: made.savedCount,
  healed: made.healed,
  not_compared: made.notCompared,
  foreign_files: { count: made.foreignCount, first: made.foreign },
  damaged_erasures: { count: made.damagedErasuresCount, first: made.damagedErasures },
});
