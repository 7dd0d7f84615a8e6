import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { createS3Service, type S3Service, type S3ServiceOptions } from '../services/s3-service.ts';
import { json, ORIGIN, post } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { requireRest } from './agreement.ts';

const HOUR_MS = 3_600_000;

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

describe('calls to S3', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  const open = (options?: S3ServiceOptions): Promise<S3Service> => createS3Service(server.s3, options);

  /** The calls of `work` to the store, in order. */
  async function callsOf(service: S3Service, work: () => Promise<Response>): Promise<string[]> {
    const before = service.proxy.calls.length;
    const response = await work();
    assert.ok(response.ok || response.status === 302, await response.clone().text());
    await response.arrayBuffer();
    return service.proxy.calls.slice(before).map(({ name }) => name);
  }

  async function callsOfSweep({ services, proxy }: S3Service): Promise<string[]> {
    const before = proxy.calls.length;
    const options = { holder: 'test', signal: new AbortController().signal };
    await sweep(hearingPostponed(services, assert.ifError), options);
    return proxy.calls.slice(before).map(({ name }) => name);
  }

  async function sent(service: S3Service): Promise<string> {
    const { image_id, upload_url, headers } = await service.grant();
    assert.equal((await service.send(upload_url, { method: 'PUT', headers, body: good })).status, 200);
    return image_id;
  }

  async function stored(service: S3Service): Promise<string> {
    const response = await service.request('/images/upload?user_id=u', post(good, 'image/jpeg'));
    return ((await response.json()) as { image_id: string }).image_id;
  }

  it('of a grant: none', async () => {
    await using service = await open();
    const body = { user_id: 'u', content_type: 'image/jpeg' };
    for (const fields of [{}, { method: 'POST' }, { size: 5, sha256: 'ab'.repeat(32) }]) {
      const asked = json({ ...body, ...fields });
      assert.deepEqual(await callsOf(service, () => service.request('/images/upload', asked)), []);
    }
    const many = json({ uploads: [body, body] });
    assert.deepEqual(await callsOf(service, () => service.request('/images/uploads', many)), []);
  });

  it('of a finalize: HEAD, copy, GET and delete', async () => {
    await using service = await open();
    const id = await sent(service);
    const complete = () => service.request(`/images/${id}/complete`, { method: 'POST' });
    assert.deepEqual(await callsOf(service, complete), [
      'HEAD incoming',
      'COPY images',
      'GET images',
      'DELETE incoming',
    ]);
    await requireRest(service);
  });

  it('of a direct upload: one PUT', async () => {
    await using service = await open();
    const upload = () => service.request('/images/upload?user_id=u', post(good, 'image/jpeg'));
    assert.deepEqual(await callsOf(service, upload), ['PUT images']);
    await requireRest(service);
  });

  it('of a read: one GET, whole or a range; none if no bytes are sent', async () => {
    await using service = await open();
    const path = `/images/${await stored(service)}`;
    const asked = (init?: RequestInit) => callsOf(service, () => service.request(path, init));
    assert.deepEqual(await asked(), ['GET images']);
    assert.deepEqual(await asked({ headers: { Range: 'bytes=5-9' } }), ['GET images']);
    assert.deepEqual(await asked({ method: 'HEAD' }), []);
    assert.deepEqual(await callsOf(service, () => service.request(`${path}/metadata`)), []);
    assert.deepEqual(await callsOf(service, () => service.request(`${path}/download`)), []);
  });

  it('of a redirect: none', async () => {
    await using service = await open({ environment: { BYTES: 'redirect' } });
    const path = `/images/${await stored(service)}`;
    assert.deepEqual(await callsOf(service, () => service.request(path)), []);
  });

  it('of a list: none, unless it examines pending uploads', async () => {
    await using service = await open();
    await stored(service);
    await sent(service);
    assert.deepEqual(await callsOf(service, () => service.request('/images?user_id=u')), []);
  });

  it('of a rendition: a GET, the original and a PUT; then none', async () => {
    await using service = await open();
    const path = `/images/${await stored(service)}/renditions/thumb`;
    const made = ['GET renditions', 'GET images', 'PUT renditions'];
    assert.deepEqual(await callsOf(service, () => service.request(path)), made);
    assert.deepEqual(await callsOf(service, () => service.request(path)), []);
    await requireRest(service);
  });

  it('of a large rendition: the same, and one GET on its second request; then none', async () => {
    await using service = await open();
    const bytes = new Uint8Array(await testImage({ type: 'image/png', width: 640, height: 480 }));
    const uploaded = await service.request('/images/upload?user_id=u', post(bytes, 'image/png'));
    const { image_id } = (await uploaded.json()) as { image_id: string };
    const signed = await service.request(`/images/${image_id}/render-url`, json({ w: 620, format: 'png' }));
    const { url } = (await signed.json()) as { url: string };
    const path = url.slice(ORIGIN.length);
    const made = ['GET renditions', 'GET images', 'PUT renditions'];
    assert.deepEqual(await callsOf(service, () => service.request(path)), made);
    assert.deepEqual(await callsOf(service, () => service.request(path)), ['GET renditions']);
    assert.deepEqual(await callsOf(service, () => service.request(path)), []);
  });

  it('of a stored rendition: one GET, in any process', async () => {
    await using service = await open({ environment: { RENDITION_CACHE_MB: '0' } });
    const path = `/images/${await stored(service)}/renditions/thumb`;
    await service.request(path);
    assert.deepEqual(await callsOf(service, () => service.request(path)), ['GET renditions']);
  });

  it('of a redirected rendition: a HEAD, once in each process', async () => {
    await using service = await open({ environment: { BYTES: 'redirect' } });
    const path = `/images/${await stored(service)}/renditions/thumb`;
    const made = ['HEAD renditions', 'GET images', 'PUT renditions'];
    assert.deepEqual(await callsOf(service, () => service.request(path)), made);
    assert.deepEqual(await callsOf(service, () => service.request(path)), []);
  });

  it('of a delete: one for its objects, a list of renditions, and one for those', async () => {
    await using service = await open();
    const path = `/images/${await stored(service)}`;
    const remove = () => service.request(path, { method: 'DELETE' });
    const none = ['DELETE images+incoming', 'LIST renditions'];
    assert.deepEqual(await callsOf(service, remove), none);
    const other = `/images/${await stored(service)}`;
    await service.request(`${other}/renditions/thumb`);
    const removeOther = () => service.request(other, { method: 'DELETE' });
    assert.deepEqual(await callsOf(service, removeOther), [...none, 'DELETE renditions']);
    assert.deepEqual(await service.storedKeys(), []);
    await requireRest(service);
  });

  it('of unused grants: a HEAD each, and one delete for many; never again', async () => {
    await using service = await open();
    const images = await Promise.all(Array.from({ length: 120 }, () => service.grant()));
    service.clock.offsetMs += HOUR_MS;
    const swept = await callsOfSweep(service);
    const counts = Object.fromEntries(
      Object.entries(Object.groupBy(swept, (name) => name)).map(([name, all]) => [name, all?.length]),
    );
    assert.deepEqual(counts, { 'HEAD incoming': images.length, 'DELETE incoming': 3 });
    service.clock.offsetMs += 24 * HOUR_MS;
    assert.deepEqual(await callsOfSweep(service), []);
    await requireRest(service);
  });

  it('of a rejected upload: a list of attempts, and none of renditions', async () => {
    await using service = await open();
    const { image_id, upload_url, headers } = await service.grant();
    const bad = new Uint8Array(Buffer.from('<html>no image</html>'));
    assert.equal((await service.send(upload_url, { method: 'PUT', headers, body: bad })).status, 200);
    assert.equal((await service.request(`/images/${image_id}/complete`, { method: 'POST' })).status, 400);
    service.clock.offsetMs += HOUR_MS;
    assert.deepEqual(await callsOfSweep(service), ['LIST images', 'DELETE incoming']);
  });
});
