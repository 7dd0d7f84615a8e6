import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { createS3Service, type Grant, type S3Service } from '../services/s3-service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { requireRest } from './agreement.ts';

const picture = async (width: number, seed: number) =>
  new Uint8Array(await testImage({ type: 'image/jpeg', width, height: width, seed }));
const first = await picture(64, 1);
const other = await picture(72, 2);
const large = await picture(512, 3);

/** Ceph behind a proxy that compares in its place. */
const COMPARING = { S3_LACKS: 'versioned-conditional-writes,checksums,header-signing', MAX_UPLOAD_BYTES: '20000' };

async function put(service: S3Service, { upload_url, headers }: Grant, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const response = await service.send(upload_url, { method: 'PUT', headers, body });
  assert.equal(response.status, 200, await response.text());
}

const tagOfUpload = async ({ bucket }: S3Service, { image_id }: Grant): Promise<string | undefined> => {
  const Key = incomingKey('u', image_id as Parameters<typeof incomingKey>[1]);
  return (await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key }))).ETag;
};

const copiesOf = ({ proxy }: S3Service) => proxy.calls.filter(({ name }) => name === 'COPY images');

describe('copies of a store with conditional copies', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  async function arrived(environment: Record<string, string>) {
    const service = await createS3Service(server.s3, { environment });
    const grant = await service.grant();
    await put(service, grant, first);
    const complete = () => service.request(`/images/${grant.image_id}/complete`, { method: 'POST' });
    return { service, grant, complete };
  }

  it('require the examined object and a free key, by signed headers', async () => {
    const { service, grant, complete } = await arrived(COMPARING);
    await using _ = service;
    const entityTag = await tagOfUpload(service, grant);
    assert.ok(entityTag);
    assert.equal((await complete()).status, 200);
    const [copy] = copiesOf(service);
    assert.equal(copy?.headers['x-amz-copy-source-if-match'], entityTag);
    assert.equal(copy.headers['if-none-match'], '*');
    const signed = /SignedHeaders=([^,]*)/.exec(copy.headers.authorization ?? '')?.[1]?.split(';');
    assert.ok(signed?.includes('x-amz-copy-source-if-match') && signed.includes('if-none-match'), `${signed}`);
    await requireRest(service);
  });

  it('are unconditional if the store ignores conditions', async () => {
    const { service, complete } = await arrived({});
    await using _ = service;
    assert.equal((await complete()).status, 200);
    const [copy] = copiesOf(service);
    assert.ok(copy);
    assert.deepEqual(
      [copy.headers['x-amz-copy-source-if-match'], copy.headers['if-none-match']],
      [undefined, undefined],
    );
  });

  it('start again with another HEAD if the upload was overwritten meanwhile', async () => {
    const { service, grant, complete } = await arrived(COMPARING);
    await using _ = service;
    const before = service.proxy.calls.length;
    service.proxy.fail({ kind: 'precondition failed', name: 'COPY images', nth: 1, lasts: 'once' });
    const held = service.proxy.hold('COPY images', 'before');
    const completing = complete();
    await held.reached;
    await put(service, grant, other);
    const entityTag = await tagOfUpload(service, grant);
    held.release();
    assert.equal((await completing).status, 200);
    assert.deepEqual(
      service.proxy.calls.slice(before).map(({ name }) => name),
      ['HEAD incoming', 'COPY images', 'HEAD incoming', 'COPY images', 'GET images', 'DELETE images+incoming'],
    );
    const [one, two] = copiesOf(service);
    assert.notEqual(one?.path, two?.path, 'expected different keys');
    assert.equal(two?.headers['x-amz-copy-source-if-match'], entityTag);
    const served = await (await service.request(`/images/${grant.image_id}`)).bytes();
    assert.equal(Buffer.compare(served, other), 0);
    await requireRest(service);
  });

  it('detect that the replacement is too large, without reading it', async () => {
    const { service, grant, complete } = await arrived(COMPARING);
    await using _ = service;
    service.proxy.fail({ kind: 'precondition failed', name: 'COPY images', nth: 1, lasts: 'once' });
    const held = service.proxy.hold('COPY images', 'before');
    const completing = complete();
    await held.reached;
    await put(service, grant, large);
    held.release();
    const answer = (await (await completing).json()) as { code: string };
    assert.equal(answer.code, 'upload-too-large');
    assert.equal(copiesOf(service).length, 1);
    await requireRest(service);
  });

  it('are given up for now if the upload is overwritten repeatedly', async () => {
    const { service, complete } = await arrived(COMPARING);
    await using _ = service;
    service.proxy.fail({ kind: 'precondition failed', name: 'COPY images', nth: 1, lasts: 'for this call' });
    const answer = await complete();
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5']);
    assert.equal(copiesOf(service).length, 4, 'expected one copy and three retries');
    assert.equal(new Set(copiesOf(service).map(({ path }) => path)).size, 4);
    service.proxy.repair();
    assert.equal((await complete()).status, 200);
    await requireRest(service);
  });
});
