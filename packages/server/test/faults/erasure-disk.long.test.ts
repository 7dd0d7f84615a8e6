import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import { rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { deleteUser } from '../../src/operations/users/delete-user.ts';
import { finishDeletion } from '../../src/operations/users/finish-deletion.ts';
import { samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { composeSoleArchive } from '../../src/run/compose/archive.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { inFiles } from '../users/person.ts';
import { CANNOT_MOUNT, fillUp, mountMemory, temporaryFolder } from './file-systems.ts';

const ADA = 'person-ada-4711';
const MEGABYTE = 1_048_576;
const DISK_MEGABYTES = 96;
/** So much of the copy is there when the disk is filled up: more than the log takes before. */
const COPIED_BYTES = 4 * MEGABYTE;
/** The number of the others' records, which the rewritten database contains. */
const RECORDS = 2_000;

/** A small disk with a database of some megabytes, from which the records of one user are removed. */
async function setUp() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const data = join(folder.path, 'data');
  stack.use(await mountMemory(data, DISK_MEGABYTES));
  const { config, secrets } = loadConfig({ DATA_DIR: data });
  const { services } = stack.use(await composeSoleArchive(config, secrets, { observe: () => undefined }));
  const description = 'x'.repeat(4_000);
  const add = (userId: string) =>
    services.archive.put({ kind: 'image', image: samplePublished(samplePending({ userId, description })) });
  await Promise.all(Array.from({ length: RECORDS }, (_, n) => add(n % 50 === 0 ? ADA : 'bob')));
  const open = await deleteUser(services, { userId: ADA, blockDays: 30 });
  const clock = { now: () => open.urlsEndAt, elapsedMs: () => performance.now() };
  const ballast = join(data, 'ballast');
  const path = join(data, 'safelight.db');
  {
    using database = new DatabaseSync(path);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(data);
    return bavail * bsize;
  };
  const held = stack.move();
  return {
    data,
    path,
    freeBytes,
    async finish(whileRewriting: () => void = () => undefined) {
      const deletion = (await services.erasures.deletion(open.userHash)) ?? assert.fail();
      const scrub = async (): Promise<void> => {
        const done = services.userRecords.scrub();
        whileRewriting(); // beside the thread that rewrites
        await done;
      };
      return finishDeletion({ ...services, clock, userRecords: { ...services.userRecords, scrub } }, deletion);
    },
    isOpen: async () => (await services.erasures.openDeletions()).length === 1,
    add: () => add('bob'),
    databaseBytes: async () => (await stat(path)).size,
    leaveFree: async (bytes: number) => {
      fillUp(ballast);
      await truncate(ballast, (await stat(ballast)).size - bytes);
    },
    fillUp: () => fillUp(ballast),
    makeRoom: () => rm(ballast, { force: true }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

describe('a disk that is full when a deletion of a user rewrites the database', { skip: CANNOT_MOUNT }, () => {
  it('before that: the deletion says so and stays open, writes go on, and the next attempt ends it', async () => {
    await using disk = await setUp();
    await disk.leaveFree((await disk.databaseBytes()) / 2);
    for (let attempt = 0; attempt < 2; attempt += 1)
      await assert.rejects(disk.finish(), {
        code: 'insufficient-storage',
        detail: /^expected \d+ MB free to rewrite the database; got less$/,
      });
    assert.ok(await disk.isOpen());
    assert.ok(await disk.add());
    await disk.makeRoom();
    assert.ok((await disk.finish()).endedAt);
    assert.deepEqual(await inFiles(disk.data, { userId: ADA, needles: [ADA] }), []);
  });

  it('in the middle of that: the same, and no record is lost', async () => {
    await using disk = await setUp();
    const fillUpOnceBegun = (): void => {
      const end = performance.now() + 20_000;
      let most = disk.freeBytes();
      while (disk.freeBytes() > most - COPIED_BYTES) {
        most = Math.max(most, disk.freeBytes());
        assert.ok(performance.now() < end, 'expected a copy of the database on the disk; got none');
      }
      disk.fillUp();
    };
    await assert.rejects(disk.finish(fillUpOnceBegun), { code: 'insufficient-storage' });
    assert.ok(await disk.isOpen());
    await disk.makeRoom();
    assert.ok(await disk.add());
    {
      using database = new DatabaseSync(disk.path, { readOnly: true });
      assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
      const { count } = { ...database.prepare('SELECT COUNT(*) AS count FROM images').get() };
      assert.equal(count, (RECORDS * 49) / 50 + 1);
    }
    assert.ok((await disk.finish()).endedAt);
    assert.deepEqual(await inFiles(disk.data, { userId: ADA, needles: [ADA] }), []);
    assert.ok(disk.freeBytes() > (DISK_MEGABYTES - 40) * MEGABYTE);
  });
});
