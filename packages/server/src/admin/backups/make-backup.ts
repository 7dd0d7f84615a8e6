import { hash } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { createRateLimit, type TakeBytes } from '../../flow/rate-limit.ts';
import { type CheckServices, checkDatabase, type DatabaseCheck } from '../../operations/checks/check-database.ts';
import type { RecordArchive } from '../../records/archive/record-archive.ts';
import type { ErasureRepository } from '../../records/erasures/erasure-repository.ts';
import type { Clock } from '../../services.ts';
import { createDamageNote } from '../archive/backup/damage-note.ts';
import { putErasure } from '../archive/backup/erasures.ts';
import { leftOutText } from '../archive/backup/left-out.ts';
import { type Manifest, manifestText } from '../archive/backup/manifest.ts';
import { type BackupId, backupPath, newBackupId } from '../archive/backup/names.ts';
import { putNote, readNote } from '../archive/backup/notes.ts';
import type { UnreadableRecord } from '../archive/backup/records-file.ts';
import { openSpool } from '../archive/backup/spool.ts';
import { lockTarget, type TargetLock } from '../archive/place/lock.ts';
import { putText, type Target } from '../archive/place/target.ts';
import { sealed } from '../archive/sealed.ts';
import type { BackupFault, BackupProgress, OnProgress } from './backup-progress.ts';
import { type Copied, copyOriginals } from './copy-originals.ts';
import { type Examined, type ExamineServices, examineOriginals } from './examine-originals.ts';
import { type FoundBackup, findBackups, resumable } from './find-backups.ts';
import { type InspectedTarget, inspectTarget } from './inspect-target.ts';
import { type ReadMark, readShare } from './read-share.ts';
import { readSpooled, type SpooledRecords, spoolRecords } from './spool-records.ts';

/*
 * One backup and its restore, `npm run admin -- backup TARGET` beside the service and `restore TARGET` elsewhere.
 *
 * 1. bin/admin.ts finds the command, and run/compose/archive.ts opens the stores without decoders: beside a service
 *    for reading, or instead of it with the folder's lock.
 * 2. This file locks the target (admin/archive/place/lock.ts) and writes the records of one moment to a spool
 *    (spool-records.ts), then to the target. copy-originals.ts copies each original that the target lacks. The
 *    manifest is last.
 * 3. restore-backup.ts reads all records once, then puts each image (restore-image.ts): the bytes into the store, with
 *    their hash compared, then the record into records/archive/. Erasures (domain/user/erased.ts) leave out persons
 *    whose data was deleted.
 * 4. `--drill` does the same in a temporary folder, and check-restored.ts reads everything back.
 */

/** What a backup reads, and where it writes that it has ended. */
export interface BackupServices extends ExamineServices, CheckServices {
  readonly archive: Pick<RecordArchive, 'all'>;
  readonly erasures: Pick<ErasureRepository, 'key' | 'all'>;
  readonly clock: Clock;
}

export interface BackupOptions {
  readonly target: Target;
  /** Where the records are written at first: beside the data of the service, and as private. */
  readonly spoolFolder: string;
  /** The version of the package. */
  readonly version: string;
  /** The service's secret, to be stored too; absent: it isn't. */
  readonly secret?: string | undefined;
  /** Absent: as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
  /** How much of all originals is read whole, as in `ReadShare`; absent: `DEFAULT_READ_SHARE`. */
  readonly share?: number | undefined;
  /** Checks the database also if it was found sound within a day. */
  readonly mustCheck?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** All within 30 days. */
export const DEFAULT_READ_SHARE = 1 / 30;

/**
 * A share that takes longer is cut, and the next backup continues there: one that doesn't end in time is never
 * finished.
 */
const MOST_READ_MS = 3 * 3_600_000;

export interface MadeBackup extends Pick<Examined, 'saved' | 'savedCount' | 'healed' | 'notCompared'>, InspectedTarget {
  readonly id: BackupId;
  readonly isResumed: boolean;
  readonly manifest: Manifest;
  readonly copiedObjects: number;
  readonly copiedBytes: number;
  /** The bytes of originals that were read in the service and in the target, to compare them. */
  readonly readBytes: number;
  /**
   * The part of all originals that was due to be read and waits for the next backup, because the reading time was over.
   */
  readonly leftToRead: number;
  /**
   * Originals that the service has lost, and images whose records it can't read. The backup is finished without them,
   * so that one of them doesn't keep all others from being saved.
   */
  readonly faults: readonly BackupFault[];
  /** How the database is damaged, so that the backup may lack records: the first ones. */
  readonly damage: readonly string[];
  readonly check: DatabaseCheck;
}

/**
 * Makes a backup, or resumes the newest one that was interrupted. Only originals that the target lacks are copied.
 * Errors: those of the target, the archive and the stores; then the same call resumes.
 */
export async function makeBackup(services: BackupServices, options: BackupOptions): Promise<MadeBackup> {
  const { target } = options;
  const { clock } = services;
  for (let attempt = 1; ; attempt += 1) {
    const found = resumable(await findBackups(target), clock.now());
    const id = found ?? newBackupId(clock.now());
    await using lock = await lockTarget(target, { work: id, clock });
    // Another process may have finished it, or begun one, before the lock was ours.
    const backups = await findBackups(target);
    if (resumable(backups, clock.now()) === found)
      return await backUp(services, options, { lock, id, isBegun: found !== undefined, backups });
    if (attempt === ATTEMPTS)
      throw new AppError(
        'unavailable',
        `expected the target ${target.name} for this process alone; others write to it`,
      );
  }
}

const ATTEMPTS = 3;

async function backUp(
  services: BackupServices,
  options: BackupOptions,
  {
    lock,
    id: locked,
    isBegun,
    backups,
  }: {
    readonly lock: TargetLock;
    readonly id: BackupId;
    readonly isBegun: boolean;
    readonly backups: readonly FoundBackup[];
  },
): Promise<MadeBackup> {
  const { target, spoolFolder, bytesPerSecond } = options;
  const { archive, coordination, clock } = services;
  const signal = options.signal ? AbortSignal.any([options.signal, lock.lost]) : lock.lost;
  const takeBytes = createRateLimit(bytesPerSecond, clock.elapsedMs);
  const progress = createProgress(options.onProgress);

  await using spools = new AsyncDisposableStack();
  const begun = isBegun
    ? await readSpooled(target, { spool: spools.use(await openSpool(spoolFolder)), backup: locked, ...progress })
    : undefined;
  const id = isBegun && !begun ? newBackupId(clock.now()) : locked;
  const spool = spools.use(await openSpool(spoolFolder));
  const damage = createDamageNote(target, id);
  const { onDamage, onError } = damage;
  const records =
    begun ??
    (await spoolRecords(archive, { spool, backup: id, recordsAt: clock.now(), onDamage, signal, ...progress }));
  if (begun) await damage.recall();
  else {
    await damage.put(); // before the records, with which a later run may continue
    const { sizeBytes } = records.file;
    await target.put(backupPath(id, 'records.jsonl'), limited(spool.read(), takeBytes, signal), { sizeBytes });
  }
  const ending = new AbortController();
  const checking = checkDatabase(services, {
    ...{ isForced: options.mustCheck === true, onDamage, isDamaged: () => damage.faults.length > 0 },
    signal: AbortSignal.any([signal, ending.signal]),
  });
  spools.defer(async () => {
    ending.abort();
    await checking;
  });
  const told = new Set<string>();
  await tellErasures(target, services.erasures, told).catch(onError);

  progress.begin('originals', records.counts.images);
  const copied = await copyOriginals(services, records, { target, takeBytes, signal, ...progress });
  progress.begin('examining', records.counts.images);
  const share = options.share ?? DEFAULT_READ_SHARE;
  const readUntilMs = clock.elapsedMs() + MOST_READ_MS;
  const mark = await lastMark(target, backups);
  const reading = readShare({ share, mark, now: clock.now(), isOver: () => clock.elapsedMs() >= readUntilMs });
  const { lost, ...examined } = await examineOriginals(services, records, {
    ...{ target, takeBytes, signal, ...progress },
    reading,
    told: new Set(copied.faults.map(({ imageId }) => imageId)),
  });
  const { leftOut, faults } = { ...copied, faults: [...copied.faults, ...lost] };
  const read = examined.notCompared === null ? reading.end() : { mark, left: 0 };
  await tellErasures(target, services.erasures, told).catch(onError); // of deletions since: the copies may have taken hours

  progress.begin('finishing', records.counts.images);
  const inspected = await inspectTarget(target, { told, signal });
  const check = await checking;
  signal.throwIfAborted(); // which ends the check, too
  await lock.confirm();
  await damage.put();
  if (read.mark) await putNote(target, { id, name: 'reading.json', note: read.mark });
  const manifest = await finish({ lock, clock, ...options }, { id, records, leftOut, faults });
  await coordination.setBookmark('backup-ended', manifest.endedAt).catch(onError);
  const all = [...records.unreadable.map(asFault), ...faults];
  const done = { isResumed: begun !== undefined, ...progress.done(), ...examined, ...inspected, leftToRead: read.left };
  return { id, ...done, faults: all, damage: damage.faults, check, manifest };
}

/** The read mark of the newest backup that has one. A damaged mark counts as none: all originals are due again. */
async function lastMark(target: Target, backups: readonly FoundBackup[]): Promise<ReadMark | undefined> {
  for (const { id } of backups.filter(({ isFinished, hasReading }) => isFinished && hasReading)) {
    try {
      const mark = await readNote(target, id, 'reading.json');
      if (mark) return mark;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return undefined;
}

async function* limited(
  source: AsyncIterable<Uint8Array>,
  takeBytes: TakeBytes,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    signal.throwIfAborted();
    await takeBytes(chunk.byteLength, signal);
    yield chunk;
  }
}

/**
 * Tells the target of the erasures that the service has now and that aren't in `told`, so that no backup of the target
 * brings those persons back. The records of this backup may be older: it may be a resumed one.
 */
async function tellErasures(target: Target, erasures: BackupServices['erasures'], told: Set<string>): Promise<void> {
  let key: string | undefined;
  for await (const erasure of erasures.all()) {
    if (told.has(erasure.id)) continue;
    key ??= await erasures.key();
    if (key === undefined) throw new AppError('unavailable', 'expected the key of erasures in the records; got none');
    await putErasure(target, { erasure, key });
    told.add(erasure.id);
  }
}

/** The manifest is last: from then on there is this backup. */
async function finish(
  { target, lock, clock, version, secret }: BackupOptions & { readonly lock: TargetLock; readonly clock: Clock },
  { id, records, leftOut, faults }: { readonly id: BackupId; readonly records: SpooledRecords } & Copied,
): Promise<Manifest> {
  await lock.confirm(); // another holder may have finished this backup
  const left = leftOutText(
    new Map([
      ...leftOut.map((one) => [one, 'deleted'] as const),
      ...[...records.unreadable.map(asFault), ...faults].map(({ imageId, kind }) => [imageId, kind] as const),
    ]),
  );
  await putText(target, backupPath(id, 'left-out.jsonl'), left);
  const secretPath = backupPath(id, 'secret.txt');
  if (secret !== undefined) await putText(target, secretPath, sealed(`${secret}\n`));
  else if ((await target.sizeOf(secretPath)) !== undefined) await target.delete([secretPath]); // of a run before this one
  const manifest: Manifest = {
    format: 1,
    id,
    safelight: version,
    recordsAt: records.recordsAt,
    endedAt: clock.now().toISOString(),
    counts: { ...records.counts, leftOut: leftOut.length, lost: faults.length },
    originalBytes: records.originalBytes,
    files: {
      'records.jsonl': records.file,
      'left-out.jsonl': { sha256: hash('sha256', left), sizeBytes: Buffer.byteLength(left) },
    },
    hasSecret: secret !== undefined,
  };
  await lock.confirm();
  await putText(target, backupPath(id, 'manifest.json'), manifestText(manifest));
  return manifest;
}

const asFault = ({ id: imageId, detail }: UnreadableRecord): BackupFault => ({
  imageId,
  kind: 'unreadable-record',
  detail,
});

function createProgress(onProgress: OnProgress = () => undefined) {
  let now: BackupProgress = NOTHING_DONE;
  const tell = (changes: Partial<BackupProgress>): void => {
    now = { ...now, ...changes };
    onProgress(now);
  };
  return {
    begin: (phase: BackupProgress['phase'], images: number) => tell({ phase, images }),
    onRecords: (added: number) => tell({ records: now.records + added }),
    onStored: (images: number) => tell({ stored: now.stored + images }),
    onCopied: (bytes: number) => tell({ copiedObjects: now.copiedObjects + 1, copiedBytes: now.copiedBytes + bytes }),
    onExamined: (images: number) => tell({ examined: now.examined + images }),
    onRead: (bytes: number) => tell({ readBytes: now.readBytes + bytes }),
    done(): Pick<MadeBackup, 'copiedObjects' | 'copiedBytes' | 'readBytes'> {
      const { copiedObjects, copiedBytes, readBytes } = now;
      return { copiedObjects, copiedBytes, readBytes };
    },
  };
}

const NOTHING_DONE: BackupProgress = {
  phase: 'records',
  records: 0,
  images: 0,
  stored: 0,
  copiedObjects: 0,
  copiedBytes: 0,
  examined: 0,
  readBytes: 0,
};
