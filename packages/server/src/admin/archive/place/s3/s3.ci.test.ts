import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ListMultipartUploadsCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createBucket } from '../../../../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../../../../test/servers/ceph.ts';
import { startFront } from '../../../../../../../test/servers/front.ts';
import { s3ForTests } from '../../../../../../../test/servers/s3-for-tests.ts';
import { lockTarget } from '../lock.ts';
import { describeTarget } from '../target.contract.ts';
import { LOCK_PATH, putText, readText } from '../target.ts';
import { createBucketFaults } from './bucket-fault.ts';
import { openS3Target } from './s3.ts';

const MEGABYTE = 1_048_576;

describe('S3 (Ceph)', { skip: NO_CEPH }, async () => {
  const server = s3ForTests();
  after(async () => (await server)[Symbol.asyncDispose]());

  async function createHarness(prefix = 'of/photos/') {
    await using stack = new AsyncDisposableStack();
    const { s3 } = await server;
    const bucket = stack.use(await createBucket(s3));
    const { region, url: endpoint } = s3;
    const options = { name: 's3://x', bucket: bucket.name, prefix, region, endpoint, credentials: s3, caBundle: null };
    const target = stack.use(await openS3Target(options));
    const held = stack.move();
    return { target, bucket, options, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  describeTarget('a prefix of a bucket', createHarness);

  it('sees nothing outside its prefix, and leaves no parts of a source that failed', async () => {
    await using harness = await createHarness();
    const { client, name: Bucket } = harness.bucket;
    await client.send(new PutObjectCommand({ Bucket, Key: 'of/photos2/a', Body: 'a' }));
    assert.deepEqual(await Array.fromAsync(harness.target.list('')), []);
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(9 * 1_048_576);
      throw new RangeError('the source has failed');
    };
    await assert.rejects(harness.target.put('records.jsonl', failing()), RangeError);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    assert.deepEqual(Uploads, []);
  });

  it('has a lock in a versioned bucket too, where Ceph 16 refuses every If-Match', async () => {
    await using harness = await createHarness();
    const { target, bucket } = harness;
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await bucket.client.send(new PutBucketVersioningCommand({ Bucket: bucket.name, VersioningConfiguration }));
    const clock = { now: () => new Date() };
    for (const work of ['first', 'second']) {
      await using lock = await lockTarget(target, { work, clock });
      await lock.confirm();
      await assert.rejects(lockTarget(target, { work: 'other', clock }), {
        code: 'unavailable',
        detail: /is locked by/,
      });
      const held = await readText(target, LOCK_PATH);
      assert.equal(await target.replace(LOCK_PATH, `${held} `, 'of another'), false);
    }
  });

  it('takes bytes for longer than it waits for an answer, and gives up a connection on which none flow', async () => {
    await using harness = await createHarness();
    const { options } = harness;
    const timeouts = { connectMs: 60_000, answerMs: 1_500, idleMs: 60_000 };
    const isSlow = ({
      method,
      url = '',
    }: {
      readonly method?: string | undefined;
      readonly url?: string | undefined;
    }) => method === 'PUT' && !url.includes('partNumber=2');
    await using slow = await startFront(async (incoming) => {
      if (isSlow(incoming)) await delay(2_000);
      return options.endpoint;
    });
    await using target = await openS3Target({ ...options, endpoint: slow.url, timeouts });
    const large = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(9 * MEGABYTE);
    };
    await Promise.all([target.put('objects/ab/large', large()), putText(target, 'objects/ab/small', 'small')]);
    assert.equal(await harness.target.sizeOf('objects/ab/large'), 9 * MEGABYTE);
    assert.equal(await readText(harness.target, 'objects/ab/small'), 'small');

    await using dead = await startFront(() => new Promise(() => undefined));
    const impatient = { connectMs: 60_000, answerMs: 60_000, idleMs: 300 };
    await using away = await openS3Target({ ...options, endpoint: dead.url, timeouts: impatient });
    const most = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(8 * MEGABYTE); // one request, larger than all buffers on the way
    };
    await assert.rejects(away.put('objects/ab/none', most()), { code: 'unavailable', detail: /does not answer/ });
  });

  it('names what is wrong with bucket, key and address', async () => {
    await using harness = await createHarness();
    const { options } = harness;
    for (const [change, detail] of [
      [{ bucket: `${options.bucket}-none` }, /^The target s3:\/\/x can't be used: there is no bucket .*-none at http/],
      [{ credentials: { ...options.credentials, secretAccessKey: 'x' } }, /set BACKUP_AWS_ACCESS_KEY_ID/],
      [{ endpoint: 'http://127.0.0.1:9' }, /can't be reached .*check BACKUP_S3_ENDPOINT/],
    ] as const) {
      await using target = await openS3Target({ ...options, ...change });
      await assert.rejects(putText(target, 'a', 'a'), { code: 'unavailable', detail });
    }
    const { onTarget } = createBucketFaults({ ...options, endpoint: null });
    const none = Object.assign(new Error('none'), { name: 'NoSuchBucket' });
    const detail = /at Amazon S3 in \S+: make it, .*If the store isn't Amazon's, set BACKUP_S3_ENDPOINT/;
    await assert.rejects(onTarget(Promise.reject(none)), { detail });
  });
});
