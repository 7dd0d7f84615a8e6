import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { createBucket, type TestBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { startStoreFront } from '../../src/object-store/s3/store-front.fixture.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { fakeTime, NO_FAKE_TIME } from '../services/fake-time.ts';
import { movingClock } from '../services/moving-clock.ts';
import { type Ended, runService, startService } from '../services/running-service.ts';
import { createTestService } from '../services/service.ts';

const environmentOf = ({ s3, name }: TestBucket): Record<string, string> => ({
  S3_BUCKET: name,
  S3_PROFILE: 'ceph',
  AWS_ENDPOINT_URL: s3.url,
  AWS_ACCESS_KEY_ID: s3.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
});

const runUntilItEnds = async (environment: Record<string, string>): Promise<Ended> => {
  await using folder = await temporaryFolder();
  return await runService(folder.path, environment);
};

describe('a service on a bucket', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('ends with 1 and one sentence if it cannot use the bucket', async () => {
    await using bucket = await createBucket(server.s3);
    const { exitCode, output } = await runUntilItEnds({ ...environmentOf(bucket), AWS_SECRET_ACCESS_KEY: 'wrong' });
    assert.equal(exitCode, 1);
    assert.match(
      output,
      /^Safelight can't start\. http:\S+ refuses the credentials: set AWS_ACCESS_KEY_ID and [^\n]+\n$/,
    );
  });

  for (const jump of ['+10m', '-10m', '+1d']) {
    // The SDK corrects its own requests silently, or the store tolerates them: only the start can report it.
    it(`ends with 1 and one sentence if its clock is wrong: ${jump}`, { skip: NO_FAKE_TIME }, async () => {
      await using bucket = await createBucket(server.s3);
      const { exitCode, output } = await runUntilItEnds({ ...environmentOf(bucket), ...fakeTime(jump) });
      assert.equal(exitCode, 1);
      const where = jump.startsWith('+') ? 'ahead of' : 'behind';
      assert.match(
        output,
        new RegExp(`^Safelight can't start\\. This machine's clock is \\d+ seconds ${where} the store's,`),
      );
      assert.match(output, /: run timedatectl set-ntp true\n$/);
    });
  }

  it('warns about public access that is not blocked, and serves', async () => {
    await using bucket = await createBucket(server.s3);
    await using service = await startService(environmentOf(bucket));
    assert.match(
      service.output(),
      /"level":40,.*Public access to the bucket \S+ is not blocked .*npm run admin -- provision/,
    );
    assert.equal((await fetch(`${service.origin}/readyz`)).status, 200);
  });

  it('logs why it cannot use its bucket, as at the start, and uses it again after recovery', async () => {
    await using bucket = await createBucket(server.s3);
    const front = await startStoreFront({ to: server.s3.url });
    await using _front = front;
    await using service = await createTriedService({ ...environmentOf(bucket), AWS_ENDPOINT_URL: front.url });
    assert.deepEqual(await service.tried(), []);
    await bucket.client.send(new DeleteBucketCommand({ Bucket: bucket.name }));
    assert.deepEqual(await service.tried(), [
      `There is no bucket ${bucket.name} at ${front.url}: make it by npm run admin -- provision`,
    ]);
    await bucket.client.send(new CreateBucketCommand({ Bucket: bucket.name }));
    assert.deepEqual(await service.tried(), []);
    await front[Symbol.asyncDispose]();
    assert.deepEqual(await service.tried(), [
      `${front.url} can't be reached (ECONNREFUSED): check AWS_ENDPOINT_URL_S3`,
    ]);
    await using _back = await startStoreFront({ to: server.s3.url, port: Number(new URL(front.url).port) });
    assert.deepEqual(await service.tried(), []);
  });
});

/** A service that probes its parts on every readiness request. */
async function createTriedService(environment: Record<string, string>) {
  const clock = movingClock();
  const events: ServiceEvent[] = [];
  const service = await createTestService({
    environment,
    overrides: { clock },
    observe: (event) => events.push(event),
  });
  return {
    /** The logged reasons of failed parts. */
    async tried(): Promise<string[]> {
      events.length = 0;
      clock.offsetMs += 61_000; // for longer than a failure is remembered
      await service.request('/readyz');
      return events.flatMap((one) => (one.event === 'part-degraded' ? one.reason : []));
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
