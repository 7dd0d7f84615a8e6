import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createBucket } from './bucket.ts';
import { NO_CEPH } from './ceph.ts';
import { type S3ForTests, s3ForTests } from './s3-for-tests.ts';

const statusOf = async (url: string, init: RequestInit): Promise<number> => {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
};

/** Properties of the server that the tests of the S3 adapter rely on. */
describe("Ceph's gateway", { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const bucketOfItsOwn = () => createBucket(server.s3);

  it('keeps an object until it is deleted', async () => {
    await using bucket = await bucketOfItsOwn();
    const at = { Bucket: bucket.name, Key: 'a//b/../ü+1%2F' };
    await bucket.client.send(new PutObjectCommand({ ...at, Body: 'hello', ContentType: 'text/x-test' }));
    const head = await bucket.client.send(new HeadObjectCommand(at));
    assert.deepEqual([head.ContentLength, head.ContentType], [5, 'text/x-test']);
    const part = await bucket.client.send(new GetObjectCommand({ ...at, Range: 'bytes=1-2' }));
    assert.equal(await part.Body?.transformToString(), 'el');
    const list = await bucket.client.send(new ListObjectsV2Command({ Bucket: bucket.name, Prefix: 'a//' }));
    assert.deepEqual(
      list.Contents?.map(({ Key }) => Key),
      [at.Key],
    );
    await bucket.client.send(new DeleteObjectCommand(at));
    await assert.rejects(bucket.client.send(new GetObjectCommand(at)), { name: 'NoSuchKey' });
  });

  it('refuses a presigned PUT with another signature, key, method, type or length', async () => {
    await using bucket = await bucketOfItsOwn();
    const put = new PutObjectCommand({ Bucket: bucket.name, Key: 'k', ContentType: 'image/png', ContentLength: 5 });
    const signableHeaders = new Set(['host', 'content-type', 'content-length']);
    const url = await getSignedUrl(bucket.client, put, { signableHeaders });
    const headers = { 'content-type': 'image/png' };
    const refused = [
      [`${url}0`, { method: 'PUT', body: '12345', headers }],
      [url.replace('/k?', '/other?'), { method: 'PUT', body: '12345', headers }],
      [url, { method: 'DELETE' }],
      [url, { method: 'PUT', body: '12345', headers: { 'content-type': 'image/gif' } }],
      [url, { method: 'PUT', body: '123456', headers }],
    ] as const;
    for (const [to, init] of refused) assert.equal(await statusOf(to, init), 403, JSON.stringify(init));
    assert.equal(await statusOf(url, { method: 'PUT', body: '12345', headers }), 200);
  });

  it('refuses a presigned PUT that expired', async () => {
    await using bucket = await bucketOfItsOwn();
    const put = new PutObjectCommand({ Bucket: bucket.name, Key: 'k' });
    const aMinuteAgo = new Date(Date.now() - 60_000);
    const url = await getSignedUrl(bucket.client, put, { expiresIn: 10, signingDate: aMinuteAgo });
    assert.equal(await statusOf(url, { method: 'PUT', body: 'late' }), 403);
  });

  it('accepts one of ten concurrent writes with If-None-Match: *', async () => {
    await using bucket = await bucketOfItsOwn();
    const put = new PutObjectCommand({ Bucket: bucket.name, Key: 'k', IfNoneMatch: '*' });
    const url = await getSignedUrl(bucket.client, put, { signableHeaders: new Set(['host', 'if-none-match']) });
    const writers = Array.from({ length: 10 }, (_, n) =>
      statusOf(url, { method: 'PUT', body: `${n}`, headers: { 'if-none-match': '*' } }),
    );
    assert.deepEqual((await Promise.all(writers)).sort(), [200, ...Array.from({ length: 9 }, () => 412)]);
  });

  it('refuses forms that differ from their policy', async () => {
    await using bucket = await bucketOfItsOwn();
    const post = async (body: string, changed: Record<string, string> = {}) => {
      const { url, fields } = await createPresignedPost(bucket.client, {
        Bucket: bucket.name,
        Key: 'k',
        Fields: { 'Content-Type': 'image/png' },
        Conditions: [['content-length-range', 1, 5]],
      });
      const form = new FormData();
      for (const [name, value] of Object.entries({ ...fields, ...changed })) form.append(name, value);
      form.append('file', new Blob([body]));
      return statusOf(url, { method: 'POST', body: form });
    };
    assert.equal(await post('123456'), 400);
    assert.equal(await post(''), 400);
    assert.equal(await post('12345', { key: 'other' }), 403);
    assert.equal(await post('12345', { 'Content-Type': 'image/gif' }), 403);
    assert.equal(await post('12345', { acl: 'public-read' }), 403);
    assert.equal(await post('12345'), 204);
  });

  it('copies an object with other metadata', async () => {
    await using bucket = await bucketOfItsOwn();
    const [from, to] = [
      { Bucket: bucket.name, Key: 'from' },
      { Bucket: bucket.name, Key: 'to' },
    ];
    await bucket.client.send(new PutObjectCommand({ ...from, Body: 'x', Metadata: { m: '1' } }));
    await bucket.client.send(
      new CopyObjectCommand({
        ...to,
        CopySource: `${bucket.name}/from`,
        MetadataDirective: 'REPLACE',
        ContentType: 'image/png',
        ContentDisposition: 'attachment',
      }),
    );
    const head = await bucket.client.send(new HeadObjectCommand(to));
    assert.deepEqual([head.ContentType, head.ContentDisposition, head.Metadata], ['image/png', 'attachment', {}]);
  });

  it('deletes several objects in one call, also absent ones', async () => {
    await using bucket = await bucketOfItsOwn();
    const keys = ['a', 'b', 'ü/<&>'];
    for (const Key of keys) await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body: 'x' }));
    const Objects = [...keys, 'absent'].map((Key) => ({ Key }));
    await bucket.client.send(new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects } }));
    const { KeyCount } = await bucket.client.send(new ListObjectsV2Command({ Bucket: bucket.name }));
    assert.equal(KeyCount, 0);
  });

  it('blocks public access', async () => {
    await using bucket = await bucketOfItsOwn();
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    };
    await bucket.client.send(new PutPublicAccessBlockCommand({ Bucket: bucket.name, PublicAccessBlockConfiguration }));
    const publicPut = new PutObjectCommand({ Bucket: bucket.name, Key: 'k', Body: 'x', ACL: 'public-read' });
    await assert.rejects(bucket.client.send(publicPut), { name: 'AccessDenied' });
  });

  it('answers a preflight by the CORS rules of the bucket', async () => {
    await using bucket = await bucketOfItsOwn();
    const rule = { AllowedMethods: ['PUT'], AllowedOrigins: ['https://app.test'], AllowedHeaders: ['*'] };
    await bucket.client.send(
      new PutBucketCorsCommand({ Bucket: bucket.name, CORSConfiguration: { CORSRules: [rule] } }),
    );
    const preflight = (origin: string) =>
      statusOf(`${server.s3.url}/${bucket.name}/k`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PUT' },
      });
    assert.equal(await preflight('https://app.test'), 200);
    assert.equal(await preflight('https://other.test'), 403);
  });

  it('stores lifecycle rules', async () => {
    await using bucket = await bucketOfItsOwn();
    const rule = { ID: 'r', Status: 'Enabled', Filter: { Prefix: 'incoming/' }, Expiration: { Days: 2 } } as const;
    await bucket.client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: bucket.name, LifecycleConfiguration: { Rules: [rule] } }),
    );
    const { Rules } = await bucket.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.name }));
    assert.deepEqual(Rules, [rule]);
  });

  it('keeps versions of objects', async () => {
    await using bucket = await bucketOfItsOwn();
    const at = { Bucket: bucket.name, Key: 'k' };
    await bucket.client.send(
      new PutBucketVersioningCommand({ Bucket: bucket.name, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    const { VersionId } = await bucket.client.send(new PutObjectCommand({ ...at, Body: 'first' }));
    await bucket.client.send(new PutObjectCommand({ ...at, Body: 'second' }));
    await bucket.client.send(new DeleteObjectCommand(at));
    const first = await bucket.client.send(new GetObjectCommand({ ...at, VersionId }));
    assert.equal(await first.Body?.transformToString(), 'first');
  });

  it('removes a bucket with its objects and multipart uploads', async () => {
    const bucket = await bucketOfItsOwn();
    const at = { Bucket: bucket.name, Key: 'k' };
    await bucket.client.send(new PutObjectCommand({ ...at, Body: 'x' }));
    await bucket.client.send(new CreateMultipartUploadCommand(at));
    await bucket[Symbol.asyncDispose]();
    await using other = await bucketOfItsOwn();
    await assert.rejects(other.client.send(new HeadObjectCommand(at)), { name: 'NotFound' });
  });
});
