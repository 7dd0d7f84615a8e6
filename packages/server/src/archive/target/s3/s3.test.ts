import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createBucket } from '../../../../../../test-servers/bucket.ts';
import { NO_CEPH } from '../../../../../../test-servers/ceph.ts';
import { s3ForTests } from '../../../../../../test-servers/s3-for-tests.ts';
import { describeTarget } from '../target.contract.ts';
import { putText } from '../target.ts';
import { openS3Target } from './s3.ts';

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
  });
});
