import { hash, randomBytes } from 'node:crypto';
import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Image, tombstone } from '../../domain/image/image.ts';
import { type ObjectKey, originalKey } from '../../domain/image/object-key.ts';
import { createDiskObjectStore } from '../../object-store/disk/disk.ts';
import { createDiskReads } from '../../object-store/disk/disk-reads.ts';
import type { ArchivedRecord } from '../../records/archive/record-archive.ts';
import { createSqliteRecordArchive } from '../../records/archive/sqlite/sqlite.ts';
import { createSqliteCoordination } from '../../records/coordination/sqlite/sqlite.ts';
import { createSqliteErasureRepository } from '../../records/erasures/sqlite/sqlite.ts';
import { newImageId, samplePending, samplePublished } from '../../records/images/sample-images.fixture.ts';
import { createSqliteImageRepository } from '../../records/images/sqlite/sqlite.ts';
import { openDatabase } from '../../records/sqlite/database.ts';
import { createGroupCommit } from '../../records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../../records/sqlite/schema.ts';
import type { BackupId } from '../archive/backup/names.ts';
import { openFolderTarget } from '../archive/place/folder/folder.ts';
import { openTarget } from '../archive/place/open-target.ts';
import type { BackupProgress } from './backup-progress.ts';
import { findBackups } from './find-backups.ts';
import { type BackupOptions, type BackupServices, makeBackup } from './make-backup.ts';

type StoredRecord = Extract<ArchivedRecord, { kind: 'image' }>['image'];

/** Records in SQLite and objects in a folder, without a service, and an empty target in a folder. */
export async function createBackedUp() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-backup-')));
  const dataDir = join(folder.path, 'data');
  await mkdir(dataDir);
  const database = stack.use(openDatabase(dataDir, MIGRATIONS));
  const writes = stack.use(createGroupCommit(database));
  const archive = createSqliteRecordArchive(database, writes, { folder: dataDir });
  const images = createSqliteImageRepository(database, writes, { observe: () => undefined });
  const coordination = createSqliteCoordination(database, writes);
  const erasures = createSqliteErasureRepository(database, writes);
  const objects = createDiskObjectStore({ root: join(dataDir, 'objects'), bucket: 'safelight' });
  const time = { now: new Date('2026-11-26T12:00:00.000Z') };
  const clock = { now: () => time.now, elapsedMs: () => performance.now() };

  const path = join(folder.path, 'target');
  await mkdir(path);
  const s3 = { region: '', endpoint: null, credentials: null, caBundle: null };
  const opened = await openTarget(
    { kind: 'folder', name: path, path },
    { own: { dataDir, bucket: null }, s3, mode: 'make' },
  );

  async function putObject(key: ObjectKey, bytes: Uint8Array): Promise<void> {
    await using file = await objects.staging.stage(chunks(bytes), { maxBytes: bytes.length });
    await objects.put(key, file, { contentType: 'image/jpeg' });
  }

  const reads = createDiskReads(join(dataDir, 'objects')); // the command's: a store of the service answers from memory
  const services: BackupServices = { archive, images, objects: reads, coordination, erasures, clock, database: null };
  const held = stack.move();
  return {
    services,
    archive,
    images,
    objects,
    coordination,
    erasures,
    time,
    dataDir,
    path,
    target: opened.target,
    reopen: () => openFolderTarget({ name: path, path }),
    putObject,

    /** A ready image with these bytes, or another record with them. */
    async add(bytes: Uint8Array = randomBytes(1_000), change: (ready: StoredRecord) => Image = (ready) => ready) {
      const pending = samplePending({ id: newImageId(time.now) });
      const objectKey = originalKey(pending, 'attempt');
      const ready = { ...samplePublished(pending), objectKey, sha256: hash('sha256', bytes), sizeBytes: bytes.length };
      await putObject(objectKey, bytes);
      const image = change(ready);
      await archive.put({ kind: 'image', image });
      return { ...ready, bytes };
    },

    /** Makes the record unreadable. */
    spoil({ id }: Pick<StoredRecord, 'id'>): void {
      database.prepare("UPDATE images SET metadata = 'no JSON' WHERE id = ?").run(id);
    },

    /** As the service deletes it. */
    async remove({ id, objectKey }: Pick<StoredRecord, 'id' | 'objectKey'>): Promise<void> {
      const image = await images.get(id);
      if (!image || image.status === 'deleted') throw new Error('expected an image');
      await images.replace(image, tombstone(image, time.now));
      await objects.delete([objectKey]);
    },

    backUp: (options: Partial<BackupOptions> = {}, changed: Partial<BackupServices> = {}) =>
      makeBackup(
        { ...services, ...changed },
        { target: opened.target, spoolFolder: dataDir, version: '0.1.0', ...options },
      ),

    /** A backup that is interrupted as it comes to `last`: its id. */
    async interrupt(last: BackupProgress['phase']): Promise<BackupId> {
      const onProgress = ({ phase }: BackupProgress): void => {
        if (phase === last) throw new Error('interrupted');
      };
      const options = { target: opened.target, spoolFolder: dataDir, version: '0.1.0', onProgress };
      await makeBackup(services, options).catch((error: Error) => {
        if (error.message !== 'interrupted') throw error;
      });
      const [newest] = await findBackups(opened.target);
      if (!newest || newest.isFinished) throw new Error('expected an unfinished backup');
      return newest.id;
    },

    /** Does something once the records are read, and before their bytes are copied. */
    meanwhile: (act: () => Promise<unknown>): Partial<BackupServices> => ({
      archive: {
        async *all(options) {
          yield* archive.all(options);
          await act();
        },
      },
    }),

    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
