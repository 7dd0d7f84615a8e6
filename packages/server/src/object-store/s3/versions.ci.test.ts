import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
} from '@aws-sdk/client-s3';
import type { TestBucket } from '../../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../../test/servers/s3-for-tests.ts';
import { describeObjectStore } from '../object-store.contract.ts';
import { describePresigner } from '../presigner.contract.ts';
import { incoming, original, putBytes, somePng } from '../sample-objects.fixture.ts';
import { S3_PROFILES } from './capabilities.ts';
import { createS3Harness, openOptions, openStore } from './s3-harness.fixture.ts';

const setVersioning = ({ client, name }: TestBucket, Status: 'Enabled' | 'Suspended') =>
  client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status } }));

describe('S3 (Ceph) with versions', { skip: NO_CEPH }, async () => {
  const server = s3ForTests();
  after(async () => (await server)[Symbol.asyncDispose]());

  const createVersionedHarness = async () =>
    createS3Harness((await server).s3, { prepare: (bucket) => setVersioning(bucket, 'Enabled') });

  async function versionsIn({ client, name }: TestBucket): Promise<(string | undefined)[]> {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: name }));
    return [...Versions, ...DeleteMarkers].map(({ Key }) => Key);
  }

  const lacks = [...S3_PROFILES.ceph, 'conditional-writes']; // as long as it is versioned
  describeObjectStore('S3, a versioned bucket', createVersionedHarness, { lacks });
  describePresigner('S3, a versioned bucket', createVersionedHarness, { lacks });

  it('claims no conditional writes, which only an unversioned bucket has', async () => {
    await using versioned = await createVersionedHarness();
    await using plain = await createS3Harness((await server).s3);
    assert.equal(versioned.presigner.capabilities.conditionalWrites, false);
    assert.equal(plain.presigner.capabilities.conditionalWrites, true);
  });

  it('deletes every version and delete marker of a key, and none of another key', async () => {
    await using harness = await createVersionedHarness();
    const { store, bucket } = harness;
    const longer = `${incoming()}0`; // has the other key as its prefix
    for (let count = 0; count < 3; count += 1) await putBytes(harness, incoming(), somePng());
    await putBytes(harness, original(), somePng());
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: longer, Body: 'x' }));
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: original() }));

    await store.delete([incoming(), original()]);
    assert.deepEqual(await versionsIn(bucket), [longer]);
  });

  it('erases former versions and delete markers of keys that are not listed any more', async () => {
    await using harness = await createVersionedHarness();
    const { store, bucket } = harness;
    for (let count = 0; count < 3; count += 1) await putBytes(harness, incoming(), somePng());
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: incoming() }));
    await putBytes(harness, original(), somePng());
    assert.deepEqual(await store.erase('incoming/'), { objects: 0, versions: 4, kept: 0 });
    assert.deepEqual(await versionsIn(bucket), [original()]);
  });

  it('goes on erasing where Object Lock denies it, and tells how much it left', async () => {
    await using harness = await createVersionedHarness();
    const { client, name } = harness.bucket;
    const Bucket = `${name}-lock`;
    const Key = incoming();
    const hold = (Status: 'ON' | 'OFF') =>
      client.send(new PutObjectLegalHoldCommand({ Bucket, Key, LegalHold: { Status } }));
    await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    {
      await using opened = await openStore({ ...openOptions(harness.bucket), bucket: Bucket });
      const { store } = opened;
      for (let count = 0; count < 2; count += 1) await putBytes(opened, Key, somePng());
      await hold('ON');
      assert.deepEqual(await store.erase('incoming/'), { objects: 0, versions: 1, kept: 1 });
      await assert.rejects(store.delete([Key]), /expected 1 deletes; got AccessDenied/);
      await hold('OFF');
      assert.deepEqual(await store.erase('incoming/'), { objects: 1, versions: 0, kept: 0 });
    }
    await client.send(new DeleteBucketCommand({ Bucket }));
  });

  it('deletes versions from before versioning was suspended', async () => {
    await using harness = await createVersionedHarness();
    const { bucket } = harness;
    for (let count = 0; count < 2; count += 1) await putBytes(harness, incoming(), somePng());
    await setVersioning(bucket, 'Suspended');
    await using reopened = await openStore(openOptions(bucket));
    await putBytes(reopened, incoming(), somePng());
    assert.equal((await versionsIn(bucket)).length, 3);
    await reopened.store.delete([incoming()]);
    assert.deepEqual(await versionsIn(bucket), []);
  });
});
