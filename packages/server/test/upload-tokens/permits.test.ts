import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ALL_ROUTES, ROWS, requestOf } from '../access/crossing.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';
import { mint, picture, told } from './token-client.ts';

const ABSENT = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const OPEN = ['public', 'signed', 'guest', 'caller'];
/** All that a token may do besides uploading. */
const OF_ITS_IMAGES = ['GET /images/:id/metadata', 'POST /images/:id/complete', 'POST /uploads/:id/parts'];

describe('an upload token', () => {
  let service: ClosedService;
  let token: string;
  let own: string;
  before(async () => {
    service = await createClosedService();
    const key = await service.keyOf({ owner: 'ada' });
    token = (await mint(service, key)).token;
    own = await uploadedBy(token);
  });
  after(() => service[Symbol.asyncDispose]());

  async function uploadedBy(credential: string): Promise<string> {
    const form = new FormData();
    form.set('file', new File([await picture()], 'a.jpg', { type: 'image/jpeg' }));
    const { status, body } = await told(service.as(credential, '/images', { method: 'POST', body: form }));
    assert.equal(status, 201);
    return body.image_id;
  }

  const others = ALL_ROUTES.filter(({ method, path }) => {
    const row = ROWS[`${method} ${path}`];
    return row && row.kind !== 'create' && !OPEN.includes(row.kind) && !OF_ITS_IMAGES.includes(`${method} ${path}`);
  });
  assert.ok(others.length > 20);
  for (const { method, path } of others) {
    it(`is refused at ${method} ${path}, alike for its own image and for none`, async () => {
      const row = ROWS[`${method} ${path}`];
      assert.ok(row);
      const answers = await Promise.all(
        [own, ABSENT].map(async (id) => {
          const target = path.replace(':id', id).replace(':preset', 'thumb').replace(':key_id', '0'.repeat(16));
          const { status, body } = await told(service.as(token, target, requestOf(row, method, id)));
          return [status, body.code, body.detail];
        }),
      );
      const [ofOwn, ofNone] = answers;
      assert.deepEqual(ofOwn?.slice(0, 2), [403, 'missing-scope']);
      assert.deepEqual(ofNone, ofOwn);
    });
  }

  it('learns whom it stands for', async () => {
    const { status, body } = await told(service.as(token, '/whoami'));
    assert.deepEqual([status, body['user_id']], [200, 'ada']);
  });

  for (const name of OF_ITS_IMAGES) {
    const [method = '', path = ''] = name.split(' ');
    const row = ROWS[name];
    assert.ok(row);
    const ask = (id: string) => told(service.as(token, path.replace(':id', id), requestOf(row, method, id)));

    it(`answers ${name} for its own image`, async () => {
      const { status, body } = await ask(own);
      assert.deepEqual([status, body['status'], body['image_id']], [200, 'ready', own]);
    });

    it(`answers ${name} with the 404 of an absent image for every other one`, async () => {
      const key = await service.keyOf({ owner: 'ada' });
      const ofAnother = await mint(service, key);
      const ofBob = await mint(service, await service.keyOf({ owner: 'bob' }));
      const strangers = [await uploadedBy(key), await uploadedBy(ofAnother.token), await uploadedBy(ofBob.token)];
      const without = ({ status, body }: Awaited<ReturnType<typeof ask>>) => ({ status, ...body, request_id: '' });
      const absent = without(await ask(ABSENT));
      assert.deepEqual([absent.status, absent.code], [404, 'image-not-found']);
      for (const id of strangers) assert.deepEqual(without(await ask(id)), absent);
    });
  }

  it('shows its image to its minter, and to nobody else with images:upload only', async () => {
    const minter = await service.keyOf({ owner: 'ada', scopes: ['images:upload'] });
    const id = await uploadedBy((await mint(service, minter)).token);
    assert.equal((await service.as(minter, `/images/${id}/metadata`)).status, 200);
    const another = await service.keyOf({ owner: 'ada', scopes: ['images:upload'] });
    assert.equal((await service.as(another, `/images/${id}/metadata`)).status, 404);
  });

  it('asks for no wider answer than its user: another named user is a 403 before any look-up', async () => {
    for (const id of [own, ABSENT]) {
      const named = await told(service.as(token, `/images/${id}/metadata?user_id=bob`));
      assert.deepEqual([named.status, named.body.code], [403, 'forbidden']);
    }
    const grants = json({ user_id: 'bob', uploads: [{ content_type: 'image/png' }] });
    assert.equal((await told(service.as(token, '/images/uploads', grants))).status, 403);
    const mixed = json({ uploads: [{ content_type: 'image/png' }, { content_type: 'image/png', user_id: 'bob' }] });
    assert.equal((await told(service.as(token, '/images/uploads', mixed))).status, 403);
  });
});
