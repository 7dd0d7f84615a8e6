import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createTestService, json, type TestService } from '../services/service.ts';
import { type Answered, FORMS, picture, type Said, told } from '../upload-tokens/token-client.ts';

const JPEG = await picture();
const RIVALS = 50;

/** Another user for each test, so that the tests share a service. */
let users = 0;
const newUser = (): string => {
  users += 1;
  return `user ${users}`;
};

describe('an external id', () => {
  let service: TestService;
  before(async () => {
    service = await createTestService({ environment: { TRASH_DAYS: '30' } });
  });
  after(() => service[Symbol.asyncDispose]());

  const ask = (path: string, init?: RequestInit) => told(service.request(path, init));
  const patch = (id: string, body: object, headers?: Record<string, string>) =>
    ask(`/images/${id}`, { ...json(body, headers), method: 'PATCH' });
  const grant = (said: object, headers?: Record<string, string>) =>
    ask('/uploads', json({ content_type: 'image/jpeg', ...said }, headers));
  const upload = async (said: Said): Promise<Answered> => {
    const [path, init] = FORMS['POST /images']?.request(said) ?? [''];
    const { status, body } = await ask(path, init);
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const find = async (query: Record<string, string>): Promise<readonly Answered[]> => {
    const { status, body } = await ask(`/images?${new URLSearchParams(query)}`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body['next_cursor'], null);
    const images = body['images'] as Answered[];
    assert.equal(body['count'], images.length);
    return images;
  };

  function requireTaken({ status, body }: Awaited<ReturnType<typeof ask>>, holder: string, state: string): void {
    assert.deepEqual(
      [status, body.code, body['params'], body.errors?.map(({ pointer }) => pointer.replace('/uploads/0', ''))],
      [409, 'external-id-taken', { image_id: holder, status: state }, ['/external_id']],
      JSON.stringify(body),
    );
    assert.ok(body.detail.includes(holder), body.detail);
  }

  for (const [name, { request }] of Object.entries(FORMS))
    it(`is given by ${name}, and refused to the next`, async () => {
      const user_id = newUser();
      const said = { user_id, external_id: 'order-1042/front' };
      const { body } = await ask(...request(said));
      const [found] = await find({ user_id, external_id: 'order-1042/front' });
      assert.deepEqual([found?.image_id, found?.['external_id']], [body.image_id, 'order-1042/front']);
      requireTaken(await ask(...request(said)), body.image_id, String(found?.['status']));
      const others = await find({ user_id, status: 'pending' });
      assert.equal(others.filter(({ image_id }) => image_id !== body.image_id).length, 0, 'nothing was written');
    });

  it('is null in an image without one, and in an upload that says null or nothing', async () => {
    const user_id = newUser();
    assert.equal((await upload({ user_id }))['external_id'], null);
    assert.equal((await upload({ user_id, external_id: '' }))['external_id'], null);
    for (const external_id of [null, undefined])
      assert.equal((await grant({ user_id, external_id })).status, 201, String(external_id));
  });

  it(`is given to one of ${RIVALS} grants at once`, async () => {
    const user_id = newUser();
    const answers = await Promise.all(Array.from({ length: RIVALS }, () => grant({ user_id, external_id: 'one' })));
    const winners = answers.filter(({ status }) => status === 201);
    assert.equal(winners.length, 1);
    const holder = winners[0]?.body.image_id ?? '';
    for (const answer of answers) if (answer !== winners[0]) requireTaken(answer, holder, 'pending');
    assert.deepEqual(
      (await find({ user_id, status: 'pending' })).map(({ image_id }) => image_id),
      [holder],
    );
  });

  it('is set, changed, taken over and removed by PATCH', async () => {
    const user_id = newUser();
    const [one, other] = [await upload({ user_id, external_id: 'a' }), await upload({ user_id })];
    requireTaken(await patch(other.image_id, { external_id: 'a' }), one.image_id, 'ready');
    const before = await ask(`/images/${other.image_id}/metadata`);
    assert.deepEqual([before.body['external_id'], before.body['revision']], [null, other['revision']]);

    assert.equal((await patch(one.image_id, { external_id: 'b' })).body['external_id'], 'b');
    assert.equal((await patch(other.image_id, { external_id: 'a' })).body['external_id'], 'a');
    assert.equal((await find({ user_id, external_id: 'a' }))[0]?.image_id, other.image_id);
    assert.equal((await patch(one.image_id, { external_id: null })).body['external_id'], null);
    assert.deepEqual(await find({ user_id, external_id: 'b' }), []);
    assert.equal((await patch(one.image_id, { description: 'kept' })).body['external_id'], null);
    assert.equal((await patch(other.image_id, { description: 'kept' })).body['external_id'], 'a');
    assert.equal((await patch(other.image_id, { external_id: 'a' })).status, 200);
    const stale = await patch(one.image_id, { external_id: 'a' }, { 'If-Match': '"1"' });
    assert.deepEqual([stale.status, stale.body.code], [412, 'revision-conflict']);
  });

  it('stays with an image in the trash, which the conflict says, and with the restored one', async () => {
    const user_id = newUser();
    const image = await upload({ user_id, external_id: 'a' });
    assert.equal((await service.request(`/images/${image.image_id}/trash`, { method: 'POST' })).status, 200);
    const refused = await grant({ user_id, external_id: 'a' });
    requireTaken(refused, image.image_id, 'trashed');
    assert.match(refused.body.detail, /in the trash has: delete or restore that one$/);
    assert.deepEqual(await find({ user_id, external_id: 'a' }), []);
    assert.equal((await find({ user_id, external_id: 'a', status: 'trashed' }))[0]?.image_id, image.image_id);
    assert.equal((await service.request(`/images/${image.image_id}/restore`, { method: 'POST' })).status, 200);
    assert.equal((await find({ user_id, external_id: 'a' }))[0]?.image_id, image.image_id);
  });

  it('is free once its image is deleted or rejected', async () => {
    const user_id = newUser();
    const deleted = await upload({ user_id, external_id: 'a' });
    assert.equal((await service.request(`/images/${deleted.image_id}`, { method: 'DELETE' })).status, 200);
    const { body } = await grant({ user_id, external_id: 'a' });
    await service.send(String(body['upload_url']), {
      method: 'PUT',
      headers: body['headers'] as Record<string, string>,
      body: Buffer.from('no image'),
    });
    const { body: rejected } = await ask(`/images/${body.image_id}/metadata`);
    assert.deepEqual([rejected['status'], rejected['external_id']], ['rejected', null]);
    assert.deepEqual(await find({ user_id, external_id: 'a' }), []);
    const next = await upload({ user_id, external_id: 'a' });
    assert.equal((await find({ user_id, external_id: 'a' }))[0]?.image_id, next.image_id);
  });

  it('of a refused direct upload is free, and one in use is refused before the bytes are decoded', async () => {
    const user_id = newUser();
    const form = new FormData();
    form.set('file', new File([JPEG.subarray(0, 200)], 'a.jpg', { type: 'image/jpeg' }));
    form.set('user_id', user_id);
    form.set('external_id', 'a');
    const cut = () => ask('/images', { method: 'POST', body: form });
    assert.equal((await cut()).body.code, 'unreadable-image');
    const image = await upload({ user_id, external_id: 'a' });
    requireTaken(await cut(), image.image_id, 'ready');
  });

  it('is judged after the Idempotency-Key, of which it is a part', async () => {
    const user_id = newUser();
    const key = { 'Idempotency-Key': 'one' };
    const first = await grant({ user_id, external_id: 'a' }, key);
    const again = await grant({ user_id, external_id: 'a' }, key);
    assert.deepEqual([again.status, again.body.image_id], [first.status, first.body.image_id]);
    const other = await grant({ user_id, external_id: 'b' }, key);
    assert.deepEqual([other.status, other.body.code], [409, 'idempotency-conflict']);
    requireTaken(
      await grant({ user_id, external_id: 'a' }, { 'Idempotency-Key': 'two' }),
      first.body.image_id,
      'pending',
    );
  });

  it('is compared exactly, for its owner alone', async () => {
    const [ada, bob] = [newUser(), newUser()];
    const ids = ['a', 'A', 'e\u0301', '\u00e9', 'a b', 'a+b', 'a%20b', 'a#b', 'a/b?c=d&e'];
    for (const external_id of ids) {
      const { body } = await grant({ user_id: ada, external_id });
      assert.equal((await grant({ user_id: bob, external_id })).status, 201);
      assert.equal((await find({ user_id: ada, external_id }))[0]?.image_id, body.image_id, external_id);
    }
  });

  const BAD: readonly (readonly [value: unknown, detail: string])[] = [
    ['', 'expected an external_id of at least 1 character; got none'],
    ['€'.repeat(67), 'expected at most 200 bytes of UTF-8; got 201'],
    ['a'.repeat(2_000), 'expected at most 200 bytes of UTF-8; got more'],
    ['a\nb', 'expected no control characters; got "a\\nb"'],
    [' a', 'expected an external_id without white space at its ends; got " a"'],
    ['a\u00a0', 'expected an external_id without white space at its ends; got "a\u00a0"'],
    ['a\ufffd', 'expected an external_id in valid Unicode; got "a\ufffd"'],
    ['\ud800', 'expected an external_id in valid Unicode; got "\\ud800"'],
    [7, 'expected an external_id as text; got 7'],
  ];
  it('has 1 to 200 bytes of one line', async () => {
    const user_id = newUser();
    const { body } = await grant({ user_id, external_id: '€'.repeat(66) });
    for (const [external_id, detail] of BAD) {
      const errors = [{ pointer: '/external_id', detail }];
      const refused = await grant({ user_id, external_id });
      assert.deepEqual([refused.status, refused.body.errors], [400, errors]);
      const changed = await patch(body.image_id, { external_id });
      assert.deepEqual([changed.status, changed.body.errors], [400, errors]);
      if (typeof external_id !== 'string' || !external_id.isWellFormed()) continue;
      const listed = await ask(`/images?${new URLSearchParams({ user_id, external_id })}`);
      assert.deepEqual([listed.status, listed.body.errors], [400, [{ pointer: '?external_id', detail }]]);
    }
  });

  const REFUSED: Readonly<Record<string, readonly [query: string, pointer: string, detail: string]>> = {
    'no user': ['external_id=a', '?user_id', 'expected a user_id with external_id; got none'],
    'other filters': [
      'user_id=u&external_id=a&tag=b&order=oldest',
      '?external_id',
      'expected external_id with user_id, status, fields and limit only; got tag, order',
    ],
    'a status of ended images': [
      'user_id=u&external_id=a&status=rejected',
      '?status',
      'expected pending, held, ready or trashed with external_id; got rejected',
    ],
    'two ids': ['user_id=u&external_id=a&external_id=b', '?external_id', 'expected one external_id; got 2 values'],
  };
  for (const [name, [query, pointer, detail]] of Object.entries(REFUSED))
    it(`is not looked up with ${name}`, async () => {
      const { status, body } = await ask(`/images?${query}`);
      assert.deepEqual([status, body.errors], [400, [{ pointer, detail }]]);
    });

  it('is looked up among the images in one state, and with some of their fields', async () => {
    const user_id = newUser();
    await upload({ user_id, external_id: 'a' });
    assert.equal((await find({ user_id, external_id: 'a', status: 'ready' })).length, 1);
    assert.deepEqual(await find({ user_id, external_id: 'a', status: 'pending' }), []);
    const [image = {}] = await find({ user_id, external_id: 'a', fields: 'external_id', limit: '1' });
    assert.deepEqual(Object.keys(image), ['image_id', 'external_id']);
  });
});
