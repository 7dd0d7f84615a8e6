import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { revokeKey } from '../../src/operations/keys/revoke-key.ts';
import { composeBeside } from '../../src/run/compose/beside.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { createTestService, json } from '../services/service.ts';

interface KeyJson {
  readonly key_id: string;
  readonly key?: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
  readonly [name: string]: unknown;
}

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

const TENANT = { name: 'acme', acts_as_prefixes: ['acme:'], scopes: ['images:read', 'images:write'] };
const SERVICE = { name: 'shop', acts_as: ['*'], scopes: ['images:read', 'images:write'] };

async function answered<Body>(response: Promise<Response>, status: number): Promise<Body> {
  const answer = await response;
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
  return JSON.parse(text) as Body;
}

const create = (service: ClosedService, fields: object) =>
  answered<KeyJson>(service.as(service.admin, '/keys', json(fields)), 201);
const read = (service: ClosedService, id: string) => answered<KeyJson>(service.as(service.admin, `/keys/${id}`), 200);
const rotate = (service: ClosedService, id: string, body: object = {}) =>
  answered<KeyJson>(service.as(service.admin, `/keys/${id}/rotate`, json(body)), 201);
const revoke = (service: ClosedService, id: string) =>
  answered<KeyJson>(service.as(service.admin, `/keys/${id}`, { method: 'DELETE' }), 200);

describe('the keys of a service with AUTH=api-key', () => {
  it('are created with exactly the promised fields, and shown once', async () => {
    await using service = await createClosedService();
    const expires_at = '2099-01-31T13:00:00+01:00';
    const answer = await service.as(service.admin, '/keys', json({ ...SERVICE, owner: 'ada', expires_at }));
    const created = (await answer.clone().json()) as KeyJson;
    assert.equal(answer.headers.get('location'), `/keys/${created.key_id}`);
    const { key, created_at, key_id, ...rest } = created;
    assert.deepEqual(rest, {
      ...SERVICE,
      owner: 'ada',
      expires_at: '2099-01-31T12:00:00.000Z',
      last_used_at: null,
      revoked_at: null,
    });
    assert.match(key ?? '', new RegExp(`^safelight_${key_id}_[0-9A-Za-z]{49}$`));
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
    const { key: _, ...shown } = created;
    assert.deepEqual(await read(service, key_id), shown);
  });

  it('authenticate users, services and admins', async () => {
    await using service = await createClosedService();
    const user = await create(service, { name: 'laptop', owner: 'ada', scopes: ['images:read'] });
    const backend = await create(service, { ...SERVICE, acts_as: ['ada', 'bob', 'ada'] });
    assert.deepEqual(backend['acts_as'], ['ada', 'bob']);
    const admin = await create(service, { name: 'root', scopes: ['images:admin', 'images:admin'] });
    assert.deepEqual(admin['scopes'], ['images:admin']);
    const statusOf = async (key: string | undefined, path: string) => (await service.as(key ?? '', path)).status;
    assert.equal(await statusOf(user.key, '/images?user_id=ada'), 200);
    assert.equal(await statusOf(user.key, '/images?user_id=bob'), 403);
    assert.equal(await statusOf(backend.key, '/images?user_id=bob'), 200);
    assert.equal(await statusOf(backend.key, '/images?user_id=eve'), 403);
    assert.equal(await statusOf(admin.key, '/images'), 200);
    assert.equal(await statusOf(user.key, '/keys'), 403);
    assert.equal(await statusOf(backend.key, '/keys'), 403);
    assert.equal(await statusOf(admin.key, '/keys'), 200);
  });

  it('are listed in pages, the newest first, also of one owner', async () => {
    await using service = await createClosedService();
    const made: KeyJson[] = [];
    for (const owner of ['ada', 'bob', 'ada', 'Ada', 'ada']) {
      service.clock.offsetMs += 10;
      made.unshift(await create(service, { name: owner, owner, scopes: ['images:read'] }));
    }
    const list = async (query: string) => {
      const found: string[] = [];
      for (let cursor = ''; ; ) {
        const path = `/keys?${query}${cursor && `&cursor=${cursor}`}`;
        const page = await answered<{ count: number; keys: KeyJson[]; next_cursor: string | null }>(
          service.as(service.admin, path),
          200,
        );
        assert.equal(page.count, page.keys.length);
        for (const one of page.keys) assert.equal(one.key, undefined);
        found.push(...page.keys.map(({ key_id }) => key_id));
        if (page.next_cursor === null) return found;
        cursor = page.next_cursor;
      }
    };
    const all = await list('limit=2');
    assert.deepEqual(
      all.slice(0, -1),
      made.map(({ key_id }) => key_id),
    ); // the last is the admin's
    assert.deepEqual(await list(''), all);
    const ofAda = made.filter(({ owner }) => owner === 'ada').map(({ key_id }) => key_id);
    for (const query of ['owner=ada&limit=1', 'owner=ada']) assert.deepEqual(await list(query), ofAda);
  });

  it('are refused by a cursor of another list or service', async () => {
    await using service = await createClosedService();
    await create(service, SERVICE);
    const first = await answered<{ next_cursor: string }>(service.as(service.admin, '/keys?limit=1'), 200);
    for (const query of [
      `owner=ada&cursor=${first.next_cursor}`,
      `cursor=${first.next_cursor.slice(1)}`,
      'cursor=abc',
      `cursor=${'A'.repeat(10_000)}`,
    ]) {
      const problem = await answered<Problem>(service.as(service.admin, `/keys?${query}`), 400);
      assert.equal(problem.code, 'invalid-cursor');
    }
  });

  it('are rotated: both work until the overlap ends', async () => {
    await using service = await createClosedService();
    const former = await create(service, SERVICE);
    const successor = await rotate(service, former.key_id, { overlap_seconds: 60 });
    assert.equal(successor['replaces'], former.key_id);
    for (const field of ['name', 'owner', 'acts_as', 'scopes', 'expires_at', 'last_used_at', 'revoked_at'])
      assert.deepEqual(successor[field], former[field], field);
    assert.equal((await read(service, successor.key_id))['replaces'], former.key_id);

    const statuses = async () =>
      Promise.all([former, successor].map(async ({ key = '' }) => (await service.as(key, '/images')).status));
    assert.deepEqual(await statuses(), [200, 200]);
    const ends = Date.parse((await read(service, former.key_id)).expires_at ?? '');
    assert.ok(Math.abs(ends - Date.now() - 60_000) < 30_000);
    service.clock.offsetMs = 61_000;
    assert.deepEqual(await statuses(), [401, 200]);
  });

  it('of a service by prefix keep their prefixes: in lists, and in their successors', async () => {
    await using service = await createClosedService();
    const fields = { ...TENANT, owner: 'ada', acts_as_prefixes: ['acme:', 'acme:', 'zo\u00eb'] };
    const key = await create(service, fields);
    const successor = await rotate(service, key.key_id);
    for (const one of [key, successor, await read(service, key.key_id)])
      assert.deepEqual([one['acts_as'], one['acts_as_prefixes'], one['owner']], [null, ['acme:', 'zo\u00eb'], 'ada']);
    assert.equal((await create(service, SERVICE))['acts_as_prefixes'], undefined);
    assert.equal((await service.as(successor.key ?? '', '/images?user_id=acme:ada')).status, 200);
    assert.equal((await service.as(successor.key ?? '', '/images?user_id=ada')).status, 403);
  });

  it('overlap by a week unless the request says otherwise, also without a body', async () => {
    await using service = await createClosedService();
    for (const init of [json({}), { method: 'POST' }]) {
      const { key_id } = await create(service, SERVICE);
      await answered(service.as(service.admin, `/keys/${key_id}/rotate`, init), 201);
      const ends = Date.parse((await read(service, key_id)).expires_at ?? '');
      assert.ok(Math.abs(ends - Date.now() - 604_800_000) < 30_000);
    }
  });

  it('end at once with an overlap of 0, and can then not be rotated again', async () => {
    await using service = await createClosedService();
    const former = await create(service, SERVICE);
    await rotate(service, former.key_id, { overlap_seconds: 0 });
    assert.equal((await service.as(former.key ?? '', '/images')).status, 401);
    const again = service.as(service.admin, `/keys/${former.key_id}/rotate`, json({}));
    assert.equal((await answered<Problem>(again, 404)).code, 'key-not-found');
  });

  it('are revoked at once, and a repeated call answers the same', async () => {
    await using service = await createClosedService();
    const { key = '', key_id } = await create(service, SERVICE);
    assert.equal((await service.as(key, '/images')).status, 200);
    const first = await revoke(service, key_id);
    assert.equal((await service.as(key, '/images')).status, 401);
    assert.deepEqual(await revoke(service, key_id), first);
    assert.deepEqual(Object.keys(first), ['key_id', 'revoked_at']);
    assert.equal((await read(service, key_id)).revoked_at, first.revoked_at);
    const rotation = service.as(service.admin, `/keys/${key_id}/rotate`, json({}));
    assert.equal((await answered<Problem>(rotation, 404)).code, 'key-not-found');
  });

  it('are revoked at once, also if a request has read them since the revocation did', async () => {
    await using service = await createClosedService();
    const { key = '', key_id } = await create(service, SERVICE);
    const { keys } = service.services;
    const replace: typeof keys.replace = async (from, to) => {
      assert.equal((await service.as(key, '/images')).status, 200);
      return keys.replace(from, to);
    };
    await revokeKey({ ...service.services, keys: { ...keys, replace } }, key_id);
    assert.equal((await service.as(key, '/images')).status, 401);
  });

  it('are refused once a repeated revocation was answered that another process had made', async () => {
    await using service = await createClosedService();
    const { key = '', key_id } = await create(service, SERVICE);
    assert.equal((await service.as(key, '/images')).status, 200);
    const { config, secrets } = loadConfig({ DATA_DIR: service.folder, AUTH: 'api-key' });
    await using elsewhere = await composeBeside(config, secrets, { observe: () => undefined });
    await revokeKey(elsewhere.services, key_id);
    assert.equal((await service.as(key, '/images')).status, 200, 'remembered for five seconds');
    await revoke(service, key_id);
    assert.equal((await service.as(key, '/images')).status, 401);
  });

  it('have the hour of their last use', async () => {
    await using service = await createClosedService();
    const { key = '', key_id } = await create(service, SERVICE);
    await (await service.as(key, '/images')).arrayBuffer();
    const usedAt = async () => (await read(service, key_id)).last_used_at;
    await until(async () => (await usedAt()) !== null); // written behind the answer
    const used = (await usedAt()) ?? '';
    assert.ok(Math.abs(Date.parse(used) - Date.now()) < 60_000, used);
    service.clock.offsetMs = 3_000_000;
    await service.as(key, '/images');
    assert.equal(await usedAt(), used);
  });

  it('let a successor complete what its predecessor was granted', async () => {
    await using service = await createClosedService();
    const former = await create(service, { name: 'uploader', owner: 'ada', scopes: ['images:upload'] });
    const grant = await service.as(former.key ?? '', '/uploads', json({ content_type: 'image/jpeg' }));
    const { image_id } = (await grant.json()) as { image_id: string };
    const successor = await rotate(service, former.key_id);
    const stranger = await create(service, { name: 'other', owner: 'ada', scopes: ['images:upload'] });
    const statusOf = async (key = '') => (await service.as(key, `/images/${image_id}/metadata`)).status;
    assert.deepEqual(
      [await statusOf(former.key), await statusOf(successor.key), await statusOf(stranger.key)],
      [200, 200, 404],
    );
  });

  for (const id of ['0000000000000000', 'x', 'a'.repeat(2_000), '%00', '%F0%9F%A6%8A'])
    it(`are not found by ${id.slice(0, 30)}`, async () => {
      await using service = await createClosedService();
      for (const [method, path] of [
        ['GET', `/keys/${id}`],
        ['DELETE', `/keys/${id}`],
        ['POST', `/keys/${id}/rotate`],
      ] as const) {
        const answer = await service.as(service.admin, path, { method });
        const { code } = (await answer.json()) as Problem;
        assert.deepEqual([answer.status, code], [404, 'key-not-found']);
      }
    });
});

describe('a wrong body of POST /keys', () => {
  const long = 'x'.repeat(129);
  for (const [name, fields, pointer] of [
    ['no principal', { name: 'x', scopes: ['images:read'] }, '/owner'],
    ['no name', { owner: 'ada', scopes: ['images:read'] }, '/name'],
    ['an empty name', { ...SERVICE, name: '' }, '/name'],
    ['a long name', { ...SERVICE, name: 'x'.repeat(101) }, '/name'],
    ['a name with a line break', { ...SERVICE, name: 'a\nb' }, '/name'],
    ['no scopes', { name: 'x', owner: 'ada' }, '/scopes'],
    ['empty scopes', { ...SERVICE, scopes: [] }, '/scopes'],
    ['an unknown scope', { ...SERVICE, scopes: ['images:everything'] }, '/scopes/0'],
    ['scopes as text', { ...SERVICE, scopes: 'images:read' }, '/scopes'],
    ['a long owner', { ...SERVICE, owner: long }, '/owner'],
    ['an empty owner', { ...SERVICE, owner: '' }, '/owner'],
    ['an owner that is no text', { ...SERVICE, owner: 7 }, '/owner'],
    ['a blank owner', { ...SERVICE, owner: ' ' }, '/owner'],
    ['an owner with a space at the end', { ...SERVICE, owner: 'ada ' }, '/owner'],
    ['an empty user to act for', { ...SERVICE, acts_as: ['ada', ''] }, '/acts_as/1'],
    ['a user to act for with a space at the start', { ...SERVICE, acts_as: [' ada'] }, '/acts_as/0'],
    ['nobody to act for', { ...SERVICE, acts_as: [] }, '/acts_as'],
    ['101 users to act for', { ...SERVICE, acts_as: Array.from({ length: 101 }, (_, n) => `u${n}`) }, '/acts_as'],
    ['everyone and somebody', { ...SERVICE, acts_as: ['*', 'ada'] }, '/acts_as'],
    ['users by a prefix', { ...SERVICE, acts_as: ['ada', 'acme:*'] }, '/acts_as/1'],
    ['a long user to act for', { ...SERVICE, acts_as: [long] }, '/acts_as/0'],
    ['everyone as text', { ...SERVICE, acts_as: '*' }, '/acts_as'],
    ['users and a prefix', { ...SERVICE, acts_as_prefixes: ['acme:'] }, '/acts_as_prefixes'],
    ['no prefix', { ...TENANT, acts_as_prefixes: [] }, '/acts_as_prefixes'],
    ['an empty prefix', { ...TENANT, acts_as_prefixes: ['acme:', ''] }, '/acts_as_prefixes/1'],
    ['a blank prefix', { ...TENANT, acts_as_prefixes: [' '] }, '/acts_as_prefixes/0'],
    ['a prefix with a space at its end', { ...TENANT, acts_as_prefixes: ['acme '] }, '/acts_as_prefixes/0'],
    ['a pattern as a prefix', { ...TENANT, acts_as_prefixes: ['acme:*'] }, '/acts_as_prefixes/0'],
    ['half a code point as a prefix', { ...TENANT, acts_as_prefixes: ['\ud83c'] }, '/acts_as_prefixes/0'],
    ['a long prefix', { ...TENANT, acts_as_prefixes: [long] }, '/acts_as_prefixes/0'],
    [
      '21 prefixes',
      { ...TENANT, acts_as_prefixes: Array.from({ length: 21 }, (_, n) => `t${n}:`) },
      '/acts_as_prefixes',
    ],
    ['a moderator by prefix', { ...TENANT, scopes: ['images:moderate'] }, '/scopes'],
    ['a past expiry', { ...SERVICE, expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    ['a date as expiry', { ...SERVICE, expires_at: '2099-01-01' }, '/expires_at'],
    ['a local time as expiry', { ...SERVICE, expires_at: '2099-01-01T00:00:00' }, '/expires_at'],
    ['a number as expiry', { ...SERVICE, expires_at: 4_070_908_800 }, '/expires_at'],
    ['a long expiry', { ...SERVICE, expires_at: '2'.repeat(100_000) }, '/expires_at'],
    ['an unknown field', { ...SERVICE, admin: true }, '/admin'],
    ['a key of its own', { ...SERVICE, key: 'safelight_mine' }, '/key'],
    ['an array', [SERVICE], ''],
  ] as const)
    it(`is refused with its field: ${name}`, async () => {
      await using service = await createClosedService();
      const before = await answered<{ count: number }>(service.as(service.admin, '/keys'), 200);
      const problem = await answered<Problem>(service.as(service.admin, '/keys', json(fields)), 400);
      assert.equal(problem.code, 'invalid-request');
      assert.deepEqual(
        problem.errors?.map((one) => one.pointer),
        [pointer],
      );
      assert.match(problem.errors?.[0]?.detail ?? '', /^expected .*; got /);
      assert.ok(problem.detail.length < 1_000);
      const after = await answered<{ count: number }>(service.as(service.admin, '/keys'), 200);
      assert.equal(after.count, before.count);
    });

  it('say what * means if it is a part of an id; a stored one is taken literally', async () => {
    await using service = await createClosedService();
    const fields = { ...SERVICE, acts_as: ['acme:*'] };
    const { detail } = await answered<Problem>(service.as(service.admin, '/keys', json(fields)), 400);
    const expected =
      'expected a user id, or "*" alone, which stands for everyone and never for a part of an id (acts_as_prefixes takes beginnings of ids)';
    assert.ok(detail.endsWith(`${expected}; got "acme:*"`), detail);
    const stored = await service.keyOf({ actsAs: ['acme:*'] });
    assert.equal((await service.as(stored, '/images?user_id=acme%3A*')).status, 200);
    assert.equal((await service.as(stored, '/images?user_id=acme%3Aada')).status, 403);
  });

  for (const overlap_seconds of [-1, 2_592_001, 0.5, '60', null, 1e300])
    it(`of a rotation is refused: ${JSON.stringify({ overlap_seconds })}`, async () => {
      await using service = await createClosedService();
      const { key_id } = await create(service, SERVICE);
      const answer = service.as(service.admin, `/keys/${key_id}/rotate`, json({ overlap_seconds }));
      const problem = await answered<Problem>(answer, 400);
      assert.deepEqual(
        problem.errors?.map((one) => one.pointer),
        ['/overlap_seconds'],
      );
      assert.equal((await read(service, key_id)).expires_at, null);
    });

  it('of a rotation may have an overlap from 0 to 30 days', async () => {
    await using service = await createClosedService();
    for (const overlap_seconds of [0, 2_592_000])
      await rotate(service, (await create(service, SERVICE)).key_id, { overlap_seconds });
  });

  it('of a list is refused: an unknown parameter, or a wrong limit', async () => {
    await using service = await createClosedService();
    for (const query of ['user_id=ada', 'limit=0', 'limit=101', 'limit=1e1', 'limit=1&limit=2', `owner=${long}`])
      assert.equal((await service.as(service.admin, `/keys?${query}`)).status, 400, query);
  });
});

describe('the routes of keys', () => {
  it('do not exist in open mode, for any caller', async () => {
    await using service = await createTestService();
    for (const [method, path] of [
      ['GET', '/keys'],
      ['POST', '/keys'],
      ['GET', '/keys/0000000000000000'],
      ['DELETE', '/keys/0000000000000000'],
      ['POST', '/keys/0000000000000000/rotate'],
    ] as const) {
      const answer = await service.request(path, { method, headers: { 'X-User-Id': 'ada' } });
      assert.deepEqual([answer.status, ((await answer.json()) as Problem).code], [404, 'route-not-found'], path);
    }
  });

  it('are for admins: others get the same 403 for a key that exists and for one that does not', async () => {
    await using service = await createClosedService();
    const { key_id } = await create(service, SERVICE);
    for (const key of [await service.keyOf({ owner: 'ada' }), await service.keyOf({ actsAs: 'everyone' })])
      for (const id of [key_id, '0000000000000000'])
        for (const method of ['GET', 'DELETE']) {
          const answer = await service.as(key, `/keys/${id}`, { method });
          const { code, detail } = (await answer.json()) as Problem;
          assert.deepEqual(
            [answer.status, code, detail],
            [403, 'missing-scope', 'expected a credential with the scope images:admin; got one without it'],
          );
        }
  });
});

describe('a secret', () => {
  it('is nowhere in the data folder: only its SHA-256 is', async () => {
    await using service = await createClosedService();
    const { key = '', key_id } = await create(service, SERVICE);
    await service.as(key, '/images');
    const secret = key.slice(27, 70);
    const files = await Promise.all(
      ['safelight.db', 'safelight.db-wal'].map((name) => readFile(join(service.folder, name))),
    );
    const stored = Buffer.concat(files);
    assert.ok(stored.includes(key_id));
    assert.ok(stored.includes(createHash('sha256').update(secret).digest('hex')));
    assert.ok(!stored.includes(secret));
    assert.ok(!stored.includes(secret.slice(0, 16)));
  });
});
