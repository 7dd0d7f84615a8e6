import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type LifecycleRule,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { createBucket, type TestBucket } from './bucket.ts';
import { NO_CEPH } from './ceph.ts';
import { expireObjects } from './lifecycle.ts';
import { type S3ForTests, s3ForTests } from './s3-for-tests.ts';

const DAY_MS = 86_400_000;

describe('the stand-in for lifecycle rules', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const configure = ({ client, name }: TestBucket, ...rules: Partial<LifecycleRule>[]) => {
    const Rules = rules.map((rule, index) => ({ ID: `rule-${index}`, Status: 'Enabled' as const, ...rule }));
    const LifecycleConfiguration = { Rules };
    return client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: name, LifecycleConfiguration }));
  };
  const store = ({ client, name }: TestBucket, ...keys: string[]) =>
    Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket: name, Key, Body: 'x' }))));
  const keysIn = async ({ client, name }: TestBucket) => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: name }));
    return Contents.map(({ Key }) => Key);
  };
  /** This many whole days after the next midnight UTC. */
  const daysOn = (days: number) => new Date((Math.ceil(Date.now() / DAY_MS) + days) * DAY_MS);

  it('removes objects at the midnight after they have reached the age of their rule, and no others', async () => {
    await using bucket = await createBucket(server.s3);
    await configure(
      bucket,
      { Filter: { Prefix: 'a/' }, Expiration: { Days: 1 } },
      { Filter: { Prefix: 'b/' }, Expiration: { Days: 3 } },
      { Filter: { Prefix: 'c/' }, Expiration: { Days: 1 }, Status: 'Disabled' },
    );
    await store(bucket, 'a/1', 'b/1', 'c/1', 'd/1');
    for (const [now, left] of [
      [new Date(daysOn(1).getTime() - 1), ['a/1', 'b/1', 'c/1', 'd/1']],
      [daysOn(1), ['b/1', 'c/1', 'd/1']],
      [daysOn(30), ['c/1', 'd/1']],
    ] as const) {
      await expireObjects(bucket, now);
      assert.deepEqual(await keysIn(bucket), left);
    }
  });

  it('refuses a rule with another condition than a prefix', async () => {
    await using bucket = await createBucket(server.s3);
    await configure(bucket, { Filter: { Tag: { Key: 'a', Value: 'b' } }, Expiration: { Days: 1 } });
    await assert.rejects(expireObjects(bucket, daysOn(2)), /expected rules by prefix only; got the rule rule-0/);
  });
});
