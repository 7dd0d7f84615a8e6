import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MEDIA_TYPES } from '../../src/domain/image/media-type.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { createClosedService } from '../services/closed-service.ts';
import { createTestService, json } from '../services/service.ts';
import { mint, type Problem, refusal, told } from './token-client.ts';

const MAX_TOKEN_LENGTH = 4_096;

describe('POST /upload-tokens', () => {
  it('answers a service with exactly the promised fields, which no cache keeps', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ actsAs: 'everyone', scopes: ['images:upload'] });
    const answer = await service.as(key, '/upload-tokens', json({ user_id: 'ada', expires_in: 60 }));
    assert.equal(answer.status, 201);
    assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
    const { token, token_id, expires_at, ...rest } = (await answer.json()) as Record<string, string>;
    assert.deepEqual(rest, { user_id: 'ada' });
    assert.match(token ?? '', /^slu_[\w-]+\.[\w-]{43}$/);
    assert.match(token_id ?? '', /^[\w-]{22}$/);
    const leftMs = Date.parse(expires_at ?? '') - service.clock.now().getTime();
    assert.ok(leftMs > 30_000 && leftMs <= 60_000, `${leftMs} ms left`);
  });

  it('gives each token an id of its own, and an hour if nothing is said', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ owner: 'ada' });
    const [one, other] = [await mint(service, key), await mint(service, key)];
    assert.notEqual(one.token_id, other.token_id);
    const leftMs = Date.parse(one.expires_at) - service.clock.now().getTime();
    assert.ok(leftMs > 3_500_000 && leftMs <= 3_600_000, `${leftMs} ms left`);
  });

  it('lets a user leave out the user, and even the body', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ owner: 'ada' });
    assert.equal((await mint(service, key)).user_id, 'ada');
    assert.equal((await mint(service, key, { user_id: 'ada' })).user_id, 'ada');
    const { status, body } = await told(service.as(key, '/upload-tokens', { method: 'POST' }));
    assert.deepEqual([status, body['user_id']], [201, 'ada']);
  });

  it('takes the user from X-User-Id too', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ actsAs: 'everyone' });
    const { body } = await told(service.as(key, '/upload-tokens', json({}, { 'X-User-Id': 'bob' })));
    assert.equal(body['user_id'], 'bob');
  });

  it('refuses a user for whom the credential may not act, and a service or an admin that names none', async () => {
    await using service = await createClosedService();
    const ada = await service.keyOf({ owner: 'ada' });
    const list = await service.keyOf({ actsAs: ['ada'] });
    for (const key of [ada, list]) {
      const asked = service.as(key, '/upload-tokens', json({ user_id: 'bob' }));
      assert.deepEqual(await refusal(asked), [403, 'forbidden', undefined]);
    }
    for (const key of [list, service.admin]) {
      const asked = service.as(key, '/upload-tokens', json({}));
      assert.deepEqual(await refusal(asked), [400, 'invalid-request', 'user_id']);
    }
    assert.equal((await mint(service, service.admin, { user_id: 'bob' })).user_id, 'bob');
  });

  it('needs images:upload, which no upload token has for this', async () => {
    await using service = await createClosedService();
    const reader = await service.keyOf({ owner: 'ada', scopes: ['images:read'] });
    const { token } = await mint(service, await service.keyOf({ owner: 'ada', scopes: ['images:upload'] }));
    for (const credential of [reader, token])
      for (const body of [{}, { user_id: 'ada' }, { user_id: 'bob' }]) {
        const asked = service.as(credential, '/upload-tokens', json(body));
        assert.deepEqual(await refusal(asked), [403, 'missing-scope', undefined]);
      }
    const nobody = await service.request('/upload-tokens', json({}));
    assert.equal(nobody.status, 401);
  });

  it('does not exist in open mode', async () => {
    await using service = await createTestService();
    for (const body of [{}, { user_id: 'ada' }, { user_id: 7 }]) {
      const answer = service.request('/upload-tokens', json(body, { 'X-User-Id': 'ada' }));
      assert.deepEqual(await refusal(answer), [404, 'route-not-found', undefined]);
    }
  });

  it('accepts each limit', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ owner: 'ada' });
    for (const fields of [
      { expires_in: 60 },
      { expires_in: 86_400 },
      { max_bytes: 1 },
      { max_bytes: Number.MAX_SAFE_INTEGER },
      { max_images: 1 },
      { max_images: 10_000 },
      { content_types: ['image/jpg'] },
      { content_types: MEDIA_TYPES },
      { tags: [] },
      { tags: Array.from({ length: 20 }, (_, n) => `${n}`) },
      { metadata: {} },
      { visibility: 'public' },
      { expires_in: null, max_bytes: null, max_images: null, content_types: null, tags: null, metadata: null },
      { visibility: null },
    ])
      await mint(service, key, fields);
  });

  for (const [name, fields, pointer, code = 'invalid-request'] of [
    ['59 seconds', { expires_in: 59 }, '/expires_in'],
    ['a day and a second', { expires_in: 86_401 }, '/expires_in'],
    ['a fraction of a second', { expires_in: 60.5 }, '/expires_in'],
    ['seconds as text', { expires_in: '60' }, '/expires_in'],
    ['no bytes', { max_bytes: 0 }, '/max_bytes'],
    ['half a byte', { max_bytes: 0.5 }, '/max_bytes'],
    ['more bytes than a number can count', { max_bytes: 2 ** 53 }, '/max_bytes'],
    ['no images', { max_images: 0 }, '/max_images'],
    ['10,001 images', { max_images: 10_001 }, '/max_images'],
    ['no types', { content_types: [] }, '/content_types'],
    ['a type too many', { content_types: Array(MEDIA_TYPES.length + 1).fill('image/png') }, '/content_types'],
    ['another type', { content_types: ['image/png', 'image/bmp'] }, '/content_types/1', 'unsupported-type'],
    ['a type as text', { content_types: 'image/png' }, '/content_types'],
    ['21 tags', { tags: Array.from({ length: 21 }, (_, n) => `${n}`) }, '/tags'],
    ['a million tags', { tags: Array(5_000).fill('a') }, '/tags'],
    ['a long tag', { tags: ['x'.repeat(65)] }, '/tags/0'],
    ['tags as text', { tags: 'a,b' }, '/tags'],
    ['metadata as a list', { metadata: [] }, '/metadata'],
    ['metadata of 4,097 bytes', { metadata: { a: 'x'.repeat(4_089) } }, '/metadata'],
    ['another visibility', { visibility: 'secret' }, '/visibility'],
    ['a long user', { user_id: 'x'.repeat(129) }, '/user_id'],
    ['no user', { user_id: '' }, '/user_id'],
    ['a user that is no text', { user_id: {} }, '/user_id'],
    ['an unknown field', { max_byte: 1 }, '/max_byte'],
    ['an id of its own', { token_id: 'x' }, '/token_id'],
    ['a prototype', JSON.parse('{"__proto__": {"user_id": "bob"}}'), '/__proto__'],
    ['a list', [{}], ''],
  ] as readonly (readonly [string, unknown, string, string?])[])
    it(`refuses with its field: ${name}`, async () => {
      await using service = await createClosedService();
      const asked = await service.as(await service.keyOf({ owner: 'ada' }), '/upload-tokens', json(fields));
      assert.match(asked.headers.get('cache-control') ?? '', /no-store/);
      const problem = (await asked.json()) as Problem;
      assert.deepEqual([asked.status, problem.code, problem.errors?.map((one) => one.pointer)], [400, code, [pointer]]);
      assert.match(problem.errors?.[0]?.detail ?? '', /^expected .*; got /);
      assert.ok(problem.detail.length < 1_000);
    });

  it('refuses bodies that are no JSON, too deep or too large', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ owner: 'ada' });
    for (const [body, code] of [
      ['{"expires_in":', 'malformed-body'],
      ['\u0000', 'malformed-body'],
      [`{"metadata":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_001)}`, 'malformed-body'],
      [JSON.stringify({ metadata: { a: 'x'.repeat(65_536) } }), 'upload-too-large'],
    ] as const) {
      const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
      assert.deepEqual((await refusal(service.as(key, '/upload-tokens', init))).slice(0, 2), [400, code]);
    }
  });

  it('fits tags and metadata into 4,096 characters, and says what to shorten past them', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ owner: 'ada' });
    const ofLength = (length: number) => ({ metadata: { a: 'x'.repeat(length) } });
    const { token: empty } = await mint(service, key, ofLength(0));
    const longest = Math.floor(((MAX_TOKEN_LENGTH - empty.length) * 3) / 4);
    const { token } = await mint(service, key, ofLength(longest));
    assert.ok(token.length > MAX_TOKEN_LENGTH - 4 && token.length <= MAX_TOKEN_LENGTH, `${token.length}`);
    const granted = await told(service.as(token, '/uploads', json({ content_type: 'image/png' })));
    assert.equal(granted.status, 201);
    const state = await told(service.as(token, `/images/${granted.body.image_id}/metadata`));
    assert.deepEqual(state.body['metadata'], ofLength(longest).metadata);

    const tags = Array.from({ length: 20 }, (_, n) => `${n}${'\u{1f5bc}'.repeat(60)}`);
    for (const [fields, pointer] of [
      [ofLength(longest + 3), '/metadata'],
      [{ tags }, '/tags'],
    ] as const) {
      const { status, body } = await told(service.as(key, '/upload-tokens', json(fields)));
      assert.deepEqual([status, body.errors?.[0]?.pointer], [400, pointer]);
      assert.match(body.detail, /expected a token of at most 4096 characters; got .* shorten tags or metadata/);
    }
  });

  it('keeps every character of a user and of fixed fields', async () => {
    await using service = await createClosedService();
    const user = `${'Zo\u0308e \u{1f5bc} %#\n'.trim()} الاسم`;
    const key = await service.keyOf({ actsAs: 'everyone' });
    const metadata = JSON.parse('{"__proto__":{"é":[1,-0,1e21,null,"\\u2028"]},"constructor":1}') as object;
    const { token, user_id } = await mint(service, key, { user_id: user, tags: ['é', '日本'], metadata });
    assert.equal(user_id, user);
    const { body } = await told(service.as(token, '/uploads', json({ content_type: 'image/png' })));
    const state = await told(service.as(token, `/images/${body.image_id}/metadata`));
    assert.deepEqual([state.body['user_id'], state.body['tags']], [user, ['é', '日本']]);
    assert.equal(JSON.stringify(state.body['metadata']), JSON.stringify(metadata));
  });
});

const auditsIn = (events: readonly ServiceEvent[]) =>
  events.flatMap((told) => {
    if (told.event !== 'audit') return [];
    const { event: _, requestId: __, ...audit } = told;
    return [audit];
  });

describe('the audit of upload tokens', () => {
  it('tells who minted one for whom, and its id, but never the token', async () => {
    const told: ServiceEvent[] = [];
    await using service = await createClosedService({ observe: (event) => void told.push(event) });
    const key = await service.keyOf({ actsAs: 'everyone' });
    for (const credential of [key, service.admin]) {
      told.length = 0;
      const { token, token_id: tokenId } = await mint(service, credential, { user_id: 'ada' });
      const minted = { actor: credential.split('_')[1], forUser: 'ada', operation: 'createUploadToken', tokenId };
      assert.deepEqual(auditsIn(told), [{ ...minted, outcome: 'done' }]);
      const everything = JSON.stringify(told);
      for (const part of token.slice('slu_'.length).split('.')) assert.ok(!everything.includes(part));
    }
    told.length = 0;
    await service.as(key, '/upload-tokens', json({ user_id: 'ada', expires_in: 1 }));
    assert.deepEqual(
      auditsIn(told).map(({ operation, outcome }) => [operation, outcome]),
      [['createUploadToken', 'refused']],
    );
  });

  it('says nothing of a user who mints one, or of uploads by it', async () => {
    const audits: ServiceEvent[] = [];
    await using service = await createClosedService({
      observe: (event) => void (event.event === 'audit' && audits.push(event)),
    });
    const { token } = await mint(service, await service.keyOf({ owner: 'ada' }));
    assert.equal((await service.as(token, '/uploads', json({ content_type: 'image/png' }))).status, 201);
    assert.deepEqual(audits, []);
  });
});
