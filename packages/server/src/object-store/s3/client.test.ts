import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { createS3Client } from './client.ts';

/** The host that a request would go to. */
async function hostOf(endpoint: string | null): Promise<string> {
  const options = { region: 'eu-central-1', isPathStyle: false, caBundle: null };
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
  const client = await createS3Client({ ...options, endpoint, credentials });
  let host = '';
  client.middlewareStack.add(
    () => async (args) => {
      host = (args.request as { hostname: string }).hostname;
      throw new RangeError('expected no request');
    },
    { step: 'finalizeRequest' },
  );
  await assert.rejects(client.send(new HeadBucketCommand({ Bucket: 'photos' })), RangeError);
  client.destroy();
  return host;
}

describe('the client of a store', () => {
  it("is Amazon's without an endpoint, whatever the environment names for another store", async (test) => {
    const former = process.env['AWS_ENDPOINT_URL_S3'];
    test.after(() => {
      if (former === undefined) delete process.env['AWS_ENDPOINT_URL_S3'];
      else process.env['AWS_ENDPOINT_URL_S3'] = former;
    });
    process.env['AWS_ENDPOINT_URL_S3'] = 'http://store.test';
    assert.equal(await hostOf(null), 'photos.s3.eu-central-1.amazonaws.com');
    assert.equal(await hostOf('http://other.test'), 'photos.other.test');
  });
});
