import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { type ClosedService, closedBy } from '../services/closed-service.ts';
import { createS3Service, type Grant, type S3Service } from '../services/s3-service.ts';
import { json } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { mint, picture, told } from './token-client.ts';

const BYTES = await picture(3);

describe('max_bytes of an upload token on S3', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  let store: S3Service;
  let service: ClosedService;
  let key: string;
  before(async () => {
    server = await s3ForTests();
    store = await createS3Service(server.s3, { environment: { AUTH: 'api-key' } });
    service = await closedBy(store, store.clock);
    key = await service.keyOf({ owner: 'ada' });
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  after(() => sharedImaging[Symbol.asyncDispose]());

  async function sent(token: string): Promise<string> {
    const answer = await service.as(token, '/uploads', json({ content_type: 'image/jpeg' }));
    const { image_id, upload_url, headers } = (await answer.json()) as Grant;
    assert.equal((await service.send(upload_url, { method: 'PUT', headers, body: BYTES })).status, 200);
    return image_id;
  }
  const complete = (token: string, id: string) => told(service.as(token, `/images/${id}/complete`, { method: 'POST' }));

  it('rejects larger bytes by their head alone: nothing is copied or read, and nothing stays', async () => {
    const { token } = await mint(service, key, { max_bytes: BYTES.length - 1 });
    const id = await sent(token);
    const earlier = store.proxy.calls.length;
    const { status, body } = await complete(token, id);
    const detail = `expected at most ${BYTES.length - 1} bytes; got ${BYTES.length}`;
    assert.deepEqual([status, body.code, body.detail], [400, 'upload-too-large', detail]);
    const verbs = store.proxy.calls.slice(earlier).map((call) => call.name.split(' ')[0]);
    assert.deepEqual(
      verbs.filter((verb) => verb === 'GET' || verb === 'COPY'),
      [],
    );
    assert.deepEqual(await store.storedKeys(), []);
  });

  it('accepts bytes of exactly that size', async () => {
    const { token } = await mint(service, key, { max_bytes: BYTES.length });
    const { status, body } = await complete(token, await sent(token));
    assert.deepEqual([status, body['status'], body['size']], [200, 'ready', BYTES.length]);
  });

  it('is part of the policy of a form, by which the store refuses more', async () => {
    for (const [more, accepted] of [
      [0, true],
      [-1, false],
    ] as const) {
      const { token } = await mint(service, key, { max_bytes: BYTES.length + more });
      const { body } = await told(service.as(token, '/uploads', json({ content_type: 'image/jpeg', method: 'POST' })));
      const form = new FormData();
      for (const [name, value] of Object.entries(body['fields'] as Record<string, string>)) form.set(name, value);
      form.set('file', new File([BYTES], 'a.jpg', { type: 'image/jpeg' }));
      const answer = await service.send(String(body['upload_url']), { method: 'POST', body: form });
      assert.equal(answer.ok, accepted, await answer.text());
    }
  });
});
