import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { workingCopyKey } from '../../src/domain/image/object-key.ts';
import { sweepOrphans } from '../../src/operations/upkeep/sweep-orphans.ts';
import { startFaultyProxy } from '../faults/faulty-proxy.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { isDue, maintain, namedCopy, png, readyRecord, render, storedCopies } from '../renditions/copied-images.ts';
import { filesBelow } from '../services/files-below.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf } from '../services/record-check.ts';
import { killAll, startService } from '../services/running-service.ts';
import { environmentOf } from '../services/s3-service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { FAULTY_S3 } from './fault-kinds.ts';

const DAY_MS = 86_400_000;
const red = await png();

describe('a service that is killed (SIGKILL)', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** The upload of a large picture to a service that is killed before or after its copy is stored. */
  async function killedUpload(moment: 'before' | 'after') {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await temporaryFolder());
    const bucket = stack.use(await createBucket(server.s3));
    const proxy = stack.use(await startFaultyProxy(server.s3.url, FAULTY_S3));
    const environment = { ...environmentOf(bucket, proxy.url), AWS_MAX_ATTEMPTS: '1' };
    const running = stack.use(await startService(environment, folder.path));
    const held = proxy.hold('PUT renditions', moment);
    const body = new FormData();
    body.set('user_id', 'ada');
    body.set('file', new File([red], 'red.png', { type: 'image/png' }));
    const answer = fetch(`${running.origin}/images`, { method: 'POST', body }).then(
      () => 'answered',
      () => 'cut off',
    );
    await held.reached;
    await killAll(running);
    assert.equal(await answer, 'cut off');
    held.release();
    const clock = movingClock();
    const options = { folder: join(folder.path, 'data'), environment, overrides: { clock } };
    const service = stack.use(await createSharingService(options));
    const [image, ...others] = await recordsOf(service);
    assert.ok(image && others.length === 0);
    const kept = stack.move();
    return { ...service, clock, id: image.id, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  }

  it('between verification and copy leaves a ready image, whose first rendition has a copy made', async () => {
    await using service = await killedUpload('before');
    const { id } = service;
    assert.equal((await readyRecord(service, id)).workingCopy, null);
    assert.equal((await service.request(`/images/${id}/original`)).status, 200);
    await service.services.objects.delete(await storedCopies(service, id)); // the proxy may have sent it on since
    await render(service, id, { w: 300 });
    assert.ok(await isDue(service, id));
    await maintain(service, id);
    assert.deepEqual(await storedCopies(service, id), [workingCopyKey(id, await namedCopy(service, id))]);
    assert.deepEqual(
      (await filesBelow(service.folder)).filter((path) => path.includes('/staged/')),
      [],
    );
  });

  it('between storing and naming the copy leaves an orphan, which is named later or removed after a day', async () => {
    await using service = await killedUpload('after');
    const { id, clock } = service;
    const { workingCopy, revision } = await readyRecord(service, id);
    assert.equal(workingCopy, null);
    const [orphan] = await storedCopies(service, id);
    assert.ok(orphan);
    const walk = () => sweepOrphans(service.services, { holder: 'walker', signal: AbortSignal.timeout(60_000) });
    await walk();
    assert.deepEqual(await storedCopies(service, id), [orphan], 'expected it to stay while it is young');

    await render(service, id, { w: 300 });
    await maintain(service, id);
    const named = await readyRecord(service, id);
    assert.deepEqual([workingCopyKey(id, await namedCopy(service, id)), named.revision], [orphan, revision]);
    assert.ok(await service.services.images.replace(named, { ...named, workingCopy: null }));
    clock.offsetMs += 9 * DAY_MS;
    await walk();
    assert.deepEqual(await storedCopies(service, id), []);
    await render(service, id, { w: 301 });
  });
});
