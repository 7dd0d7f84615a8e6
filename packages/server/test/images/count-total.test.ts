import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { createClosedService } from '../services/closed-service.ts';
import { createTestService, json, type TestService } from '../services/service.ts';
import { type Answered, picture, told } from '../upload-tokens/token-client.ts';

const PICTURE = { type: 'image/png', width: 16, height: 12 } as const;

/** Another user for each test, so that the tests share a service. */
let users = 0;
const newUser = (): string => {
  users += 1;
  return `user-${users}`;
};

const REFUSED: Readonly<Record<string, readonly [query: string, pointer: string, detail: string]>> = {
  'other filters': [
    'user_id=u&tag=a&start_date=2026-01-01',
    '?count_total',
    'expected count_total with user_id and status alone, besides order, limit, cursor and fields, since only these are counted; got tag, start_date',
  ],
  'an external id': [
    'user_id=u&external_id=a',
    '?count_total',
    'expected count_total with user_id and status alone, besides order, limit, cursor and fields, since only these are counted; got external_id',
  ],
  'a status that is not counted': [
    'user_id=u&status=rejected',
    '?count_total',
    'expected count_total with status pending, held, ready or trashed, since records of other images are removed by themselves; got rejected',
  ],
  'no user': [
    'status=pending',
    '?user_id',
    'expected a user_id with count_total, since images are counted for each user; got none',
  ],
  'another answer too': ['user_id=u&count_total=maybe', '?count_total', 'expected true or false; got 2 values'],
};

describe('a list with count_total', () => {
  let service: TestService;
  before(async () => {
    service = await createTestService({ environment: { TRASH_DAYS: '30' } });
  });
  after(() => service[Symbol.asyncDispose]());

  const upload = (userId: string): Promise<string> => uploadPicture(service, PICTURE, userId);
  const list = async (query: string, headers?: Record<string, string>): Promise<Answered> => {
    const { status, body } = await told(service.request(`/images?${query}`, { ...(headers && { headers }) }));
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const totalOf = async (user: string, status: string): Promise<unknown> =>
    (await list(`user_id=${user}&status=${status}&count_total=true&limit=1&fields=image_id`))['total'];

  it('has the number of all images of the user on every page that asks for it', async () => {
    const user = newUser();
    for (let n = 0; n < 3; n += 1) await upload(user);
    await upload(newUser());
    const first = await list(`user_id=${user}&count_total=true&limit=2&order=oldest&fields=filename`);
    assert.deepEqual(Object.keys(first), ['count', 'total', 'images', 'next_cursor']);
    assert.deepEqual([first['count'], first['total']], [2, 3]);
    const more = `user_id=${user}&order=oldest&cursor=${first['next_cursor']}`;
    const next = await list(`${more}&count_total=true`);
    assert.deepEqual([next['count'], next['total'], next['next_cursor']], [1, 3, null]);
    const uncounted = await list(more);
    assert.deepEqual([uncounted['count'], 'total' in uncounted], [1, false]);
  });

  it('counts each status by itself, as soon as an image changes', async () => {
    const user = newUser();
    const [kept, trashed, deleted] = [await upload(user), await upload(user), await upload(user)];
    assert.equal((await service.request(`/images/${trashed}/trash`, { method: 'POST' })).status, 200);
    assert.equal((await service.request(`/images/${deleted}`, { method: 'DELETE' })).status, 200);
    assert.equal(
      (await told(service.request('/uploads', json({ user_id: user, content_type: 'image/png' })))).status,
      201,
    );
    const totals = async () =>
      Object.fromEntries(await Promise.all(STATUSES.map(async (status) => [status, await totalOf(user, status)])));
    assert.deepEqual(await totals(), { pending: 1, held: 0, ready: 1, trashed: 1 });
    assert.equal((await service.request(`/images/${trashed}/restore`, { method: 'POST' })).status, 200);
    assert.equal((await service.request(`/images/${kept}`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await totals(), { pending: 1, held: 0, ready: 1, trashed: 0 });
    assert.equal(await totalOf(newUser(), 'ready'), 0);
  });

  it('is the list of the user whom a header names', async () => {
    const user = newUser();
    const id = await upload(user);
    await upload(newUser());
    const { total, images } = await list('count_total=true', { 'X-User-Id': user });
    assert.deepEqual([total, (images as Answered[]).map(({ image_id }) => image_id)], [1, [id]]);
  });

  it('is an ordinary list with false', async () => {
    const user = newUser();
    await upload(user);
    for (const no of ['false', '0', 'no', ''])
      assert.ok(!('total' in (await list(`user_id=${user}&count_total=${no}&tag=a`))), no);
    for (const yes of ['True', '1', 'yes'])
      assert.equal((await list(`user_id=${user}&count_total=${yes}`))['total'], 1, yes);
  });

  for (const [name, [query, pointer, detail]] of Object.entries(REFUSED))
    it(`is refused with ${name}`, async () => {
      const { status, body } = await told(service.request(`/images?${query}&count_total=true`));
      assert.deepEqual([status, body.errors], [400, [{ pointer, detail }]]);
    });

  it('is true or false', async () => {
    const { status, body } = await told(service.request('/images?user_id=u&count_total=maybe'));
    assert.deepEqual([status, body.errors?.[0]?.pointer], [400, '?count_total']);
  });

  it('is for the user of a credential, and for no other', async () => {
    await using closed = await createClosedService();
    const [ada, bob] = [await closed.keyOf({ owner: 'ada' }), await closed.keyOf({ owner: 'bob' })];
    const form = new FormData();
    form.set('file', new File([await picture()], 'a.jpg', { type: 'image/jpeg' }));
    assert.equal((await told(closed.as(ada, '/images', { method: 'POST', body: form }))).status, 201);
    const total = async (key: string, query = '') => (await told(closed.as(key, `/images?count_total=1${query}`))).body;
    assert.deepEqual([(await total(ada))['total'], (await total(bob))['total']], [1, 0]);
    assert.equal((await total(bob, '&user_id=ada')).code, 'forbidden');
    assert.equal((await total(closed.admin, '&user_id=ada'))['total'], 1);
    const everyone = await total(closed.admin);
    assert.deepEqual([everyone.code, everyone['params']], ['invalid-request', { reason: 'no-user' }]);
  });
});

const STATUSES = ['pending', 'held', 'ready', 'trashed'] as const;
