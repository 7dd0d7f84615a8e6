import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { backupPath } from '../../src/admin/archive/backup/names.ts';
import { openS3Target } from '../../src/admin/archive/place/s3/s3.ts';
import { LOCK_PATH, putText, readText } from '../../src/admin/archive/place/target.ts';
import { sealed } from '../../src/admin/archive/sealed.ts';
import { createBackedUp } from '../../src/admin/backups/backed-up.fixture.ts';
import { verifyBackups } from '../../src/admin/backups/verify-backup.ts';
import { startFaultyProxy } from '../faults/faulty-proxy.ts';
import { FAULTY_S3 } from '../s3/fault-kinds.ts';
import { restoreFrom } from './backups.ts';
import { PLACES } from './place.ts';

describe('an interrupted backup', () => {
  it('of another machine is resumed at once, and keeps no secret that is no longer asked for', async () => {
    await using service = await createBackedUp();
    await service.add();
    const stopping = new Error('stopped');
    const onProgress = ({ phase }: { readonly phase: string }): void => {
      if (phase === 'finishing') throw stopping;
    };
    let held = '';
    const readLock = async () => {
      held = (await readText(service.target, LOCK_PATH)) ?? '';
    };
    await assert.rejects(service.backUp({ onProgress }, service.meanwhile(readLock)), stopping);
    const lock = { ...JSON.parse(held.split('\n')[0] ?? ''), place: 'another machine' };
    await writeFile(join(service.path, LOCK_PATH), sealed(`${JSON.stringify(lock)}\n`));
    const [id = ''] = await readdir(join(service.path, 'backups'));
    await putText(service.target, backupPath(id, 'secret.txt'), 'of the first run');
    const resumed = await service.backUp();
    assert.deepEqual([resumed.id, resumed.isResumed], [id, true]);
    assert.equal(await service.target.sizeOf(backupPath(id, 'secret.txt')), undefined);
  });

  it('of a clock that was wrong is not resumed', async () => {
    await using service = await createBackedUp();
    await service.add();
    service.time.now = new Date('2036-11-26T12:00:00.000Z');
    await service.interrupt('originals');
    service.time.now = new Date('2026-11-26T12:00:00.000Z');
    assert.equal((await service.backUp()).isResumed, false);
  });
});

describe('a bucket that goes away', { skip: NO_CEPH }, () => {
  it('in the middle of a backup, or of a restore, is said, and both are resumed once it is back', async () => {
    await using server = await s3ForTests();
    const { url, region, ...credentials } = server.s3;
    await using bucket = await createBucket(server.s3);
    await using proxy = await startFaultyProxy(url, FAULTY_S3);
    const where = { name: 's3://x', bucket: bucket.name, prefix: '', region, endpoint: proxy.url };
    await using target = await openS3Target({ ...where, credentials, caBundle: null });
    const isSaid = { code: 'unavailable', detail: /^The target s3:\/\/x can't be used: / };
    const images = 30;

    await using service = await createBackedUp();
    for (let count = 0; count < images; count += 1) await service.add();
    const awayAt = (name: 'PUT objects' | 'GET objects') =>
      proxy.fail({ kind: 'cut', name, nth: 11, lasts: 'for every call' });
    awayAt('PUT objects');
    await assert.rejects(service.backUp({ target }), isSaid);
    proxy.repair();
    service.time.now = new Date('2026-11-26T12:10:00.000Z'); // the lock could not be released
    const resumed = await service.backUp({ target });
    assert.deepEqual([resumed.isResumed, resumed.manifest.counts.images, resumed.faults], [true, images, []]);
    assert.deepEqual((await verifyBackups({ target })).findings, []);

    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    awayAt('GET objects');
    await assert.rejects(restoreFrom({ target }, composition.services), isSaid);
    proxy.repair();
    const { report } = await restoreFrom({ target }, composition.services);
    assert.deepEqual([report.images + report.alreadyThere, report.damaged], [images, []]);
  });
});
