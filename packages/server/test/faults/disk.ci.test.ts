import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertTold, createVisitor, type Visitor } from '../http/every-request.ts';
import { filesBelow } from '../services/files-below.ts';
import { startService } from '../services/running-service.ts';
import {
  CANNOT_MOUNT,
  failDisk,
  fillUp,
  freezeFiles,
  makeDisk,
  mountDisk,
  mountMemory,
  mountReadOnly,
  repairDisk,
  temporaryFolder,
} from './file-systems.ts';

const ROOT = { skip: CANNOT_MOUNT };
const QUIET = { LOG_LEVEL: 'silent' };

const FULL = '507 insufficient-storage';
const FULL_BY_S3 = '507 InsufficientStorage';
const AWAY = '503 unavailable';
const AWAY_BY_S3 = '503 ServiceUnavailable';
const NOTHING_CAME = '409 upload-missing';

/** All works again, nothing acknowledged is lost, and there are no orphans. */
async function assertRecovered(visitor: Visitor, objects: string): Promise<void> {
  assertTold(await visitor.askAll(), {});
  await visitor.assertNothingLost();
  assert.equal((await filesBelow(objects)).length, visitor.storedCount());
}

/** Tells what a truly full disk does: disk-reserve.ci.test.ts has what is refused before. */
const FULLY = { ...QUIET, MIN_FREE_BYTES: '0' };

describe('a full disk', ROOT, () => {
  it('refuses writes with 507 and serves reads; all works once there is space', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    await using _disk = await mountMemory(data, 16);
    await using service = await startService(FULLY, folder.path);
    const visitor = await createVisitor(service.origin);

    fillUp(join(data, 'ballast'));
    assertTold(await visitor.askAll(), {
      records: FULL,
      uploads: FULL,
      presignedUploads: FULL_BY_S3,
      complete: NOTHING_CAME,
      failing: ['records', 'objects'],
    });
    await visitor.assertNothingLost();

    await rm(join(data, 'ballast'));
    await assertRecovered(visitor, join(data, 'objects'));
  });

  it('for records only keeps uploads until they can be verified', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    await using _disk = await mountMemory(data, 16);
    await using _ofObjects = await mountMemory(join(data, 'objects'), 16);
    await using service = await startService(FULLY, folder.path);
    const visitor = await createVisitor(service.origin);

    fillUp(join(data, 'ballast'));
    assertTold(await visitor.askAll(), {
      records: FULL,
      uploads: FULL,
      presignedUploads: FULL_BY_S3,
      complete: FULL,
      failing: ['records'],
    });
    await visitor.assertNothingLost();

    await rm(join(data, 'ballast'));
    const { status } = await fetch(`${service.origin}/images/${visitor.uploadId}/complete`, { method: 'POST' });
    assert.equal(status, 200, 'expected no second PUT to be needed');
    await assertRecovered(visitor, join(data, 'objects'));
  });

  it('for objects only refuses bytes, but no change of a record; a delete frees space', async () => {
    await using folder = await temporaryFolder();
    const objects = join(folder.path, 'data/objects');
    await using _disk = await mountMemory(objects, 16);
    await using service = await startService(FULLY, folder.path);
    const visitor = await createVisitor(service.origin);

    fillUp(join(objects, 'ballast'));
    assertTold(await visitor.askAll({ but: ['remove'] }), {
      uploads: FULL,
      presignedUploads: FULL_BY_S3,
      complete: NOTHING_CAME,
      failing: ['objects'],
    });
    await visitor.assertNothingLost();
    const { remove } = await visitor.askAll({ but: ['put', 'form', 'direct', 'keyed'] });
    assert.deepEqual([remove?.told, (await fetch(`${service.origin}/readyz`)).status], ['200', 200]);

    await rm(join(objects, 'ballast'));
    await assertRecovered(visitor, objects);
  });
});

describe('a read-only disk', ROOT, () => {
  it('under the objects makes uploads 503 and nothing else; all works once it is writable', async () => {
    await using folder = await temporaryFolder();
    await using service = await startService(QUIET, folder.path);
    const visitor = await createVisitor(service.origin);
    {
      await using _mount = await mountReadOnly(join(folder.path, 'data/objects'));
      assertTold(await visitor.askAll(), {
        uploads: AWAY,
        presignedUploads: AWAY_BY_S3,
        complete: NOTHING_CAME,
        failing: ['objects'],
      });
      await visitor.assertNothingLost();
    }
    assertTold(await visitor.askAll(), {});
    await visitor.assertNothingLost();
  });

  it('under the records makes writes 503, and reads work; all works once it is writable', async () => {
    await using folder = await temporaryFolder();
    const [file, data] = [join(folder.path, 'disk'), join(folder.path, 'data')];
    await makeDisk(file);
    await using _disk = await mountDisk(file, data);
    await using service = await startService(QUIET, folder.path);
    const visitor = await createVisitor(service.origin);
    {
      await using _frozen = await freezeFiles(['safelight.db', 'safelight.db-wal'].map((name) => join(data, name)));
      assertTold(await visitor.askAll(), {
        records: AWAY,
        uploads: AWAY,
        presignedUploads: AWAY_BY_S3,
        complete: AWAY,
        failing: ['records'],
      });
      await visitor.assertNothingLost();
    }
    await assertRecovered(visitor, join(data, 'objects'));
  });

  it('under both, after a disk error, serves reads, and a new mount has lost nothing', async () => {
    await using folder = await temporaryFolder();
    const [file, data] = [join(folder.path, 'disk'), join(folder.path, 'data')];
    await makeDisk(file);
    let visitor: Visitor;
    {
      await using _disk = await mountDisk(file, data);
      await using service = await startService(QUIET, folder.path);
      visitor = await createVisitor(service.origin);
      await failDisk(data);
      assertTold(await visitor.askAll(), {
        records: AWAY,
        uploads: AWAY,
        presignedUploads: AWAY_BY_S3,
        complete: NOTHING_CAME,
        failing: ['records', 'objects'],
      });
      await visitor.assertNothingLost();
    }
    await repairDisk(file);
    await using _disk = await mountDisk(file, data);
    await using service = await startService(QUIET, folder.path);
    await visitor.assertNothingLost(service.origin);
  });
});
