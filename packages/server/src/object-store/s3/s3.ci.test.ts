import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { NO_CEPH } from '../../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../../test/servers/s3-for-tests.ts';
import { describeObjectStore } from '../object-store.contract.ts';
import { describePresigner } from '../presigner.contract.ts';
import { exported } from '../sample-objects.fixture.ts';
import { S3_PROFILES } from './capabilities.ts';
import { createS3Harness } from './s3-harness.fixture.ts';

describe('S3 (Ceph)', { skip: NO_CEPH ?? false }, async () => {
  const server = s3ForTests();
  after(async () => (await server)[Symbol.asyncDispose]());

  const create = async () => createS3Harness((await server).s3);
  describeObjectStore('S3', create, { lacks: S3_PROFILES.ceph });
  describePresigner('S3', create, { lacks: S3_PROFILES.ceph });

  it('keeps no parts of a body that breaks', async () => {
    await using harness = await create();
    const { store, bucket } = harness;
    async function* breaking() {
      yield Buffer.alloc(40 * 1_048_576);
      const { Uploads = [] } = await bucket.client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name }));
      assert.equal(Uploads.length, 1);
      throw new Error('the body broke');
    }
    const options = { contentType: 'application/zip', expectedBytes: 1 };
    await assert.rejects(store.putStream(exported(), breaking(), options), /the body broke/);
    const { Uploads = [] } = await bucket.client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name }));
    assert.deepEqual(Uploads, []);
  });
});
