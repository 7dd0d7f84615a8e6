import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { expireObjects } from '../../../../test/servers/lifecycle.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { provision } from '../services/ceph-service.ts';
import { sweepAll } from '../services/record-check.ts';
import { runService } from '../services/running-service.ts';
import { createS3Service, environmentOf, type Grant, type S3Service } from '../services/s3-service.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LONGEST_URLS = { PRESIGNED_EXPIRATION: '604800' };

const jpeg = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

async function put({ upload_url, headers }: Grant): Promise<void> {
  const { status } = await fetch(upload_url, { method: 'PUT', headers, body: jpeg });
  assert.equal(status, 200);
}

/** Moves the time day by day, and applies the bucket's rules. */
async function passDays({ bucket, clock }: S3Service, days: number): Promise<void> {
  for (let day = 1; day <= days; day += 1) {
    clock.offsetMs += DAY_MS;
    await expireObjects(bucket, clock.now());
  }
}

describe('the lifecycle rules of a bucket', { skip: NO_CEPH, concurrency: true }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const provisioned = () =>
    createS3Service(server.s3, {
      environment: LONGEST_URLS,
      prepareBucket: (bucket) => provision(bucket, LONGEST_URLS),
    });

  it('keep an upload to a URL of seven days for 13 days', async () => {
    await using service = await provisioned();
    const grant = await service.grant();
    await put(grant);
    await passDays(service, 13);
    await sweepAll(service);
    assert.equal((await service.record(grant.image_id))?.status, 'ready');
    const served = await service.request(`/images/${grant.image_id}`);
    assert.deepEqual(new Uint8Array(await served.arrayBuffer()), jpeg);
  });

  it('remove the bytes of a late second PUT after 14 days, and never served objects', async () => {
    await using service = await provisioned();
    const grant = await service.grant();
    await put(grant);
    assert.equal((await service.request(`/images/${grant.image_id}/complete`, { method: 'POST' })).status, 200);
    await put(grant);
    const image = await service.record(grant.image_id);
    assert.ok(image?.status === 'ready');
    const again = incomingKey('u', image.id);
    await passDays(service, 13);
    assert.deepEqual(await service.storedKeys(), [image.objectKey, again]);
    await passDays(service, 2);
    assert.deepEqual(await service.storedKeys(), [image.objectKey]);
  });

  it('if absent, the sweeper removes the bytes of a second PUT within six hours, with one list in six hours', async () => {
    await using service = await createS3Service(server.s3, { prepareBucket: async () => undefined });
    const grant = await service.grant();
    await put(grant);
    await service.request(`/images/${grant.image_id}/complete`, { method: 'POST' });
    const image = await service.record(grant.image_id);
    assert.ok(image?.status === 'ready');
    const again = incomingKey('u', image.id);
    for (let round = 0; round < 2; round += 1) {
      await sweepAll(service);
      await put(grant);
      service.clock.offsetMs += 6 * HOUR_MS - 60_000;
      await sweepAll(service);
      assert.deepEqual(await service.storedKeys(), [image.objectKey, again]);
      service.clock.offsetMs += 61_000;
      await sweepAll(service);
      assert.deepEqual(await service.storedKeys(), [image.objectKey]);
    }
  });

  it('if absent, a list that a stop has ended is repeated at the next sweep', async () => {
    await using service = await createS3Service(server.s3, { prepareBucket: async () => undefined });
    const grant = await service.grant();
    await put(grant);
    const { objects } = service.services;
    const { list } = objects;
    const stopping = new AbortController();
    objects.list = (prefix) => {
      stopping.abort();
      return list(prefix);
    };
    await sweep(hearingPostponed(service.services, assert.ifError), { holder: 'test', signal: stopping.signal });
    objects.list = list;
    assert.equal((await service.record(grant.image_id))?.status, 'pending');
    await sweepAll(service);
    assert.equal((await service.record(grant.image_id))?.status, 'ready');
  });

  it('prevent the start of the service if they remove needed objects, until provision has corrected them', async () => {
    await using bucket = await createBucket(server.s3);
    const ofBefore = {
      ID: 'safelight-incoming',
      Status: 'Enabled' as const,
      Filter: { Prefix: 'incoming/' },
      Expiration: { Days: 1 },
    };
    const LifecycleConfiguration = { Rules: [ofBefore] };
    const configuration = { Bucket: bucket.name, LifecycleConfiguration };
    await bucket.client.send(new PutBucketLifecycleConfigurationCommand(configuration));
    await using folder = await temporaryFolder();
    const { exitCode, output } = await runService(folder.path, environmentOf(bucket, server.s3.url));
    assert.equal(exitCode, 1);
    assert.match(output, /^Safelight can't start\. The lifecycle rules of the bucket \S+ would remove .+$/m);
    assert.match(output, /safelight-incoming \(removes incoming\/ after 1 day\)\. Run npm run admin -- provision/);

    await provision(bucket);
    await using service = await createS3Service(server.s3, { bucket, prepareBucket: async () => undefined });
    assert.equal(service.services.settings.incomingListing, 'never');
  });
});
