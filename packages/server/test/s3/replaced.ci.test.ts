import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createBucket, type TestBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { type ReadyImage, retagged } from '../../src/domain/image/image.ts';
import type { ObjectKey } from '../../src/domain/image/object-key.ts';
import { checkOutOriginal, readOriginal } from '../../src/operations/images/read-original.ts';
import { createCloud, joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { startService } from '../services/running-service.ts';
import { createS3Service, environmentOf, type S3Service } from '../services/s3-service.ts';
import { post, type TestService } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const picture = async (seed: number) =>
  new Uint8Array(await testImage({ type: 'image/jpeg', width: 600, height: 400, seed }));
const own = await picture(1);
const other = await picture(2);
const RANGE = { Range: 'bytes=10-19' };
/** Slightly longer than a verdict is cached. */
const LATER_MS = 61_000;

async function stored({ request }: Pick<TestService, 'request'>): Promise<string> {
  const response = await request('/images/upload?user_id=u', post(own, 'image/jpeg'));
  assert.equal(response.status, 200, await response.clone().text());
  return ((await response.json()) as { image_id: string }).image_id;
}

async function readyRecord({ services }: Pick<TestService, 'services'>, id: string): Promise<ReadyImage> {
  const image = await services.images.get(id as ReadyImage['id']);
  assert.ok(image?.status === 'ready');
  return image;
}

const replace = ({ client, name }: TestBucket, Key: ObjectKey, Body: Uint8Array) =>
  client.send(new PutObjectCommand({ Bucket: name, Key, Body }));

const tagOf = async ({ client, name }: TestBucket, Key: ObjectKey): Promise<string | undefined> =>
  (await client.send(new HeadObjectCommand({ Bucket: name, Key }))).ETag;

/** Stores the bytes under another entity tag, as a copy tool may leave them (in parts). */
async function restore({ client, name }: TestBucket, Key: ObjectKey): Promise<void> {
  const at = { Bucket: name, Key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
  const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: own }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
}

const callsOf = async ({ proxy }: S3Service, work: () => Promise<unknown>): Promise<(string | undefined)[]> => {
  const before = proxy.calls.length;
  await work();
  return proxy.calls.slice(before).map(({ name, headers }) => `${name} ${headers['if-match'] ?? 'any'}`);
};

/** Asserts a 500 without a reason. */
async function requireRefused(answer: Response): Promise<void> {
  const { code, detail } = (await answer.json()) as { code: string; detail: string };
  assert.deepEqual([answer.status, code], [500, 'original-lost']);
  assert.doesNotMatch(detail, /images\//);
}

describe('an original with a replaced object in the store', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  it('is read with the verified entity tag, for every kind of upload', async () => {
    await using service = await createS3Service(server.s3);
    const grant = await service.grant();
    await service.send(grant.upload_url, { method: 'PUT', headers: grant.headers, body: own });
    await service.request(`/images/${grant.image_id}/complete`, { method: 'POST' });
    for (const id of [await stored(service), grant.image_id]) {
      const { objectKey, objectTag } = await readyRecord(service, id);
      assert.equal(objectTag, await tagOf(service.bucket, objectKey));
      const read = (headers: Record<string, string>) => () => service.request(`/images/${id}`, { headers });
      for (const headers of [{}, RANGE]) {
        assert.deepEqual(await callsOf(service, read(headers)), [`GET images ${objectTag}`]);
      }
      const calls = await callsOf(service, () => service.request(`/images/${id}/renditions/thumb`));
      assert.deepEqual(calls, ['GET renditions any', `GET images ${objectTag}`, 'PUT renditions any']);
    }
  });

  it('is never served with other bytes, and nothing is deleted', async () => {
    await using service = await createS3Service(server.s3);
    const id = await stored(service);
    const { objectKey } = await readyRecord(service, id);
    await replace(service.bucket, objectKey, other);
    const keys = await service.storedKeys();
    const read = (path = '', headers: Record<string, string> = {}) =>
      service.request(`/images/${id}${path}`, { headers });
    for (const answer of await Promise.all([read(), read('', RANGE), read('/renditions/thumb')])) {
      await requireRefused(answer);
    }
    await replace(service.bucket, objectKey, Buffer.concat([own, other]));
    service.clock.offsetMs += LATER_MS;
    await requireRefused(await read());
    assert.deepEqual(await service.storedKeys(), keys);

    await replace(service.bucket, objectKey, own);
    service.clock.offsetMs += LATER_MS;
    assert.equal(
      Buffer.compare(await (await read()).bytes(), own),
      0,
      'expected the original bytes after they are restored',
    );
    assert.equal((await read('/renditions/thumb')).status, 200);
  });

  it('is compared once until its verdict is old, for any number of requests', async () => {
    await using service = await createS3Service(server.s3);
    const id = await stored(service);
    const { objectKey, objectTag } = await readyRecord(service, id);
    await replace(service.bucket, objectKey, other);
    const reads = () => Promise.all(Array.from({ length: 20 }, () => service.request(`/images/${id}`)));
    const compared = async () =>
      (await callsOf(service, reads)).filter((call) => call !== `GET images ${objectTag}`).length;
    assert.deepEqual([await compared(), await compared()], [1, 0]);
    service.clock.offsetMs += LATER_MS;
    assert.equal(await compared(), 1);
  });

  it('is served, with the tag recorded, if the bytes are the verified ones', async () => {
    await using service = await createS3Service(server.s3);
    for (const path of ['', '/renditions/thumb']) {
      const id = await stored(service);
      const before = await readyRecord(service, id);
      await restore(service.bucket, before.objectKey);
      const tag = await tagOf(service.bucket, before.objectKey);
      assert.notEqual(tag, before.objectTag);

      const read = () => service.request(`/images/${id}${path}`);
      const answers = await Promise.all([read(), read(), read()]);
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      );
      if (path === '') for (const one of answers) assert.equal(Buffer.compare(await one.bytes(), own), 0);
      assert.deepEqual(await readyRecord(service, id), { ...before, objectTag: tag });
      const later = async () => (await service.request(`/images/${id}`, { headers: RANGE })).bytes();
      assert.deepEqual(await callsOf(service, later), [`GET images ${tag}`]);
      assert.equal(Buffer.compare(await later(), own.subarray(10, 20)), 0);
    }
  });

  it('is read as before if its record has no tag', async () => {
    await using service = await createS3Service(server.s3);
    const id = await stored(service);
    const image = await readyRecord(service, id);
    assert.ok(await service.services.images.replace(image, retagged(image, null)));
    const calls = await callsOf(service, async () => (await service.request(`/images/${id}`)).bytes());
    assert.deepEqual(calls, ['GET images any']);
    assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 200);
    assert.deepEqual(await readyRecord(service, id), image, 'expected a rendition to record the tag of the bytes');
  });

  it('makes no rendition of other bytes if its record has no tag, and reports them once', async () => {
    await using service = await createS3Service(server.s3);
    for (const bytes of [
      other,
      own.map((byte, index) => (index === 300 ? byte ^ 1 : byte)),
      Buffer.concat([own, other]),
      own.subarray(1),
    ]) {
      const id = await stored(service);
      const tagged = await readyRecord(service, id);
      const image = retagged(tagged, null);
      assert.ok(await service.services.images.replace(tagged, image));
      await replace(service.bucket, image.objectKey, bytes);
      const keys = await service.storedKeys();
      await requireRefused(await service.request(`/images/${id}/renditions/thumb`));
      assert.deepEqual(await service.storedKeys(), keys);
      assert.deepEqual(await readyRecord(service, id), image);
      const reported: object[] = [];
      service.clock.offsetMs += LATER_MS;
      const services = { ...service.services, observe: (event: object) => reported.push(event) };
      for (const _time of [1, 2]) {
        const checkedOut = checkOutOriginal(services, image, new AbortController().signal);
        await assert.rejects(checkedOut, { code: 'original-lost' });
      }
      assert.deepEqual(reported, [{ event: 'object-replaced', imageId: id, objectKey: image.objectKey }]);
    }
  });

  it('is not found if it is deleted during the comparison', async () => {
    await using service = await createS3Service(server.s3);
    const id = await stored(service);
    const image = await readyRecord(service, id);
    await restore(service.bucket, image.objectKey);
    const { objects } = service.services;
    const checkOut: typeof objects.checkOut = async (...asked) => {
      assert.equal((await service.request(`/images/${id}?user_id=u`, { method: 'DELETE' })).status, 200);
      return objects.checkOut(...asked);
    };
    const services = { ...service.services, objects: { ...objects, checkOut } };
    const read = async () => readOriginal(services, image, (ifMatch) => objects.get(image.objectKey, { ifMatch }));
    await assert.rejects(read(), { code: 'image-not-found' });
  });

  it('is reported to the operator, once per cached verdict', async () => {
    await using bucket = await createBucket(server.s3);
    await using service = await startService({ ...environmentOf(bucket, server.s3.url), LOG_FORMAT: 'json' });
    const request = (path: string, init?: RequestInit) => fetch(`${service.origin}${path}`, init);
    const id = await stored({ request });
    const { s3_url } = (await (await request(`/images/${id}/metadata`)).json()) as { s3_url: string };
    const objectKey = s3_url.slice(s3_url.indexOf('images/')) as ObjectKey;
    await replace(bucket, objectKey, other);
    for (const _time of [1, 2]) await requireRefused(await request(`/images/${id}`));
    const lines = service.output().split('\n');
    const [line, ...more] = lines.filter((one) => one.includes('object-replaced'));
    const { level, event, image_id, object_key } = JSON.parse(line ?? '{}');
    const withoutName = objectKey.replace(/[^/]+$/, '…');
    assert.deepEqual([level, event, image_id, object_key, more], [50, 'object-replaced', id, withoutName, []]);
  });

  it('is served by the same rule with records in DynamoDB', { skip: NO_CLOUD }, async () => {
    await using cloud = await createCloud();
    await using service = await joinCloud(cloud);
    const id = await stored(service);
    const before = await readyRecord(service, id);
    await restore(cloud.bucket, before.objectKey);
    assert.equal(Buffer.compare(await (await service.request(`/images/${id}`)).bytes(), own), 0);
    const objectTag = await tagOf(cloud.bucket, before.objectKey);
    assert.deepEqual(await readyRecord(service, id), { ...before, objectTag });

    await replace(cloud.bucket, before.objectKey, other);
    service.clock.offsetMs += LATER_MS;
    await requireRefused(await service.request(`/images/${id}`));
    assert.deepEqual(await readyRecord(service, id), { ...before, objectTag });
  });
});
