import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { createBucket, type TestBucket } from '../../../test-servers/bucket.ts';
import { NO_CEPH } from '../../../test-servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../test-servers/s3-for-tests.ts';
import { until } from '../src/imaging/process-list.fixture.ts';
import { startStoreFront } from '../src/object-store/store-front.fixture.ts';
import { temporaryFolder } from './file-systems.ts';
import { type Ended, type RunningService, runService, startService } from './running-service.ts';

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const NO_FAKETIME =
  existsSync(FAKETIME) || process.env['CI']
    ? false
    : `a service whose clock is wrong is not started without ${FAKETIME}: apt-get install faketime`;

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

/** Resolves when the parts that fail are these, by the service's own account. */
const untilFailing = ({ origin }: RunningService, ...expected: readonly string[]): Promise<void> =>
  until(async () => {
    const answer = await fetch(`${origin}/readyz`);
    const { errors = [] } = (await answer.json()) as { errors?: { pointer: string }[] };
    assert.equal(answer.status, errors.length === 0 ? 200 : 503);
    return errors.map(({ pointer }) => pointer).join() === expected.join();
  });

describe('a service on a bucket', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('ends with 1 and one sentence where it can not use the bucket', async () => {
    await using bucket = await createBucket(server.s3);
    const { exitCode, output } = await runUntilItEnds({ ...environmentOf(bucket), AWS_SECRET_ACCESS_KEY: 'wrong' });
    assert.equal(exitCode, 1);
    assert.match(
      output,
      /^Safelight can't start\. http:\S+ refuses the credentials: set AWS_ACCESS_KEY_ID and [^\n]+\n$/,
    );
  });

  for (const jump of ['+10m', '-10m', '+1d']) {
    // The SDK corrects its own requests by then, or the store bears with them: nothing else would tell.
    it(`ends with 1 and one sentence where its clock is wrong: ${jump}`, { skip: NO_FAKETIME }, async () => {
      await using bucket = await createBucket(server.s3);
      const faked = { LD_PRELOAD: FAKETIME, FAKETIME: jump, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
      const { exitCode, output } = await runUntilItEnds({ ...environmentOf(bucket), ...faked });
      assert.equal(exitCode, 1);
      const where = jump.startsWith('+') ? 'ahead of' : 'behind';
      assert.match(
        output,
        new RegExp(`^Safelight can't start\\. This machine's clock is \\d+ seconds ${where} the store's,`),
      );
      assert.match(output, /: run timedatectl set-ntp true\n$/);
    });
  }

  it('warns of public access that is not blocked, and serves', async () => {
    await using bucket = await createBucket(server.s3);
    await using service = await startService(environmentOf(bucket));
    assert.match(service.output(), /"level":40,.*Public access to the bucket \S+ is not blocked .*npm run provision/);
    await untilFailing(service);
  });

  it('is not ready while its bucket is gone, says which part, why in the log, and is ready again when it is back', async () => {
    await using bucket = await createBucket(server.s3);
    await using service = await startService({ ...environmentOf(bucket), LOG_LEVEL: 'error' });
    await untilFailing(service);
    await bucket.client.send(new DeleteBucketCommand({ Bucket: bucket.name }));
    await untilFailing(service, '/parts/objects');
    const sentence = `There is no bucket ${bucket.name} at ${server.s3.url}: make it by npm run provision`;
    await until(async () => service.output().includes(sentence));
    await bucket.client.send(new CreateBucketCommand({ Bucket: bucket.name }));
    await untilFailing(service);
  });

  it('is not ready while its store is gone, says which part, why in the log, and is ready again when it is back', async () => {
    await using bucket = await createBucket(server.s3);
    const front = await startStoreFront({ to: server.s3.url });
    const environment = { ...environmentOf(bucket), AWS_ENDPOINT_URL: front.url, LOG_LEVEL: 'error' };
    await using service = await startService(environment);
    await untilFailing(service);
    await front[Symbol.asyncDispose]();
    await untilFailing(service, '/parts/objects');
    const sentence = `${front.url} can't be reached (ECONNREFUSED): check AWS_ENDPOINT_URL`;
    await until(async () => service.output().includes(sentence));
    await using _back = await startStoreFront({ to: server.s3.url, port: Number(new URL(front.url).port) });
    await untilFailing(service);
  });
});
