import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';

const GRANT = { content_type: 'image/jpeg' };

/** Users of a prefix, and others whose ids nearly begin so. */
const TENANTS: readonly (readonly [prefix: string, users: readonly string[], others: readonly string[]])[] = [
  [
    'acme:',
    ['acme:', 'acme:ada', 'acme:ada2', 'acme:acme:', 'acme:*'],
    ['acme', 'acm', 'acme2:ada', 'Acme:ada', 'ACME:ADA', 'xacme:ada', 'acme\uff1aada', 'acme;ada', 'acme%3Aada'],
  ],
  ['ada', ['ada', 'ada2', 'adam'], ['ad', 'Ada', 'bada', '\u0430da']],
  ['zo\u00eb', ['zo\u00eb', 'zo\u00eb:1', 'zo\u00eb\u0301'], ['zoe\u0308', 'zoe', 'zo', 'zo\u00cb', 'ZO\u00cb']],
  ['zoe', ['zoe', 'zoe\u0308', 'zoey'], ['zo\u00eb', 'Zoe', 'zo\uff45']],
  ['\u{1f305}', ['\u{1f305}', '\u{1f305}x'], ['\u{1f304}', 'x\u{1f305}']],
  ['stra\u00dfe', ['stra\u00dfe', 'stra\u00dfen'], ['strasse', 'STRASSE']],
  ['i', ['i', 'ij'], ['\u0131', 'I', '\u0130']],
  ['%', ['%', '%25'], ['25', '_']],
];

interface Problem {
  readonly code: string;
}

describe('a key by prefix', () => {
  let service: ClosedService;
  before(async () => {
    service = await createClosedService({ environment: { USAGE: 'on', EVENTS: 'on' } });
  });
  after(() => service[Symbol.asyncDispose]());

  const grantFor = (key: string, user: string) => service.as(key, '/uploads', json({ ...GRANT, user_id: user }));
  const idIn = async (answer: Response): Promise<string> => {
    assert.equal(answer.status, 201);
    return ((await answer.json()) as { image_id: string }).image_id;
  };
  const ofUser = (path: string, user: string) => `${path}?user_id=${encodeURIComponent(user)}`;

  for (const [prefix, users, others] of TENANTS)
    it(`acts for users whose ids begin with ${JSON.stringify(prefix)}, and for nobody else`, async () => {
      const key = await service.keyOf({ owner: 'boss', actsAs: { prefixes: ['unused:', prefix] } });
      for (const user of users) {
        const id = await idIn(await grantFor(key, user));
        assert.equal((await service.as(key, `/images/${id}/metadata`)).status, 200, user);
        assert.equal((await service.as(key, ofUser(`/images/${id}`, user), { method: 'DELETE' })).status, 200, user);
        for (const path of ['/images', '/usage', '/events', '/tags', '/images/months'])
          assert.equal((await service.as(key, ofUser(path, user))).status, 200, `${path} of ${user}`);
        assert.equal((await service.as(key, '/upload-tokens', json({ user_id: user }))).status, 201, user);
      }
      for (const user of [...others, 'boss']) {
        const id = await idIn(await grantFor(service.admin, user));
        const answers = [
          await grantFor(key, user),
          ...(await Promise.all(['/images', '/usage', '/events'].map((path) => service.as(key, ofUser(path, user))))),
          await service.as(key, '/upload-tokens', json({ user_id: user })),
          await service.as(key, '/view-tokens', json({ user_id: user })),
          await service.as(key, ofUser('/whoami', user)),
        ];
        assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([403]), user);
        assert.equal((await service.as(key, `/images/${id}/metadata`)).status, 404, user);
        const [named = ''] = users;
        const removal = await service.as(key, ofUser(`/images/${id}`, named), { method: 'DELETE' });
        assert.equal(removal.status, 404, user);
      }
    });

  it('names its user in lists and in changes, and sees no lists over a prefix', async () => {
    const key = await service.keyOf({ actsAs: { prefixes: ['acme:'] } });
    const id = await idIn(await grantFor(key, 'acme:eve'));
    for (const path of ['/images', '/usage', '/events', '/albums', '/tags', '/images/months'])
      assert.equal((await service.as(key, path)).status, 400, path);
    assert.equal((await service.as(key, `/images/${id}`, { method: 'DELETE' })).status, 400);
    for (const user of ['', ' acme:eve', 'acme:eve '])
      assert.equal((await service.as(key, ofUser('/images', user))).status, 400, JSON.stringify(user));
  });

  it('makes no keys, webhooks or limits, and reads none, also with every scope of a service', async () => {
    const key = await service.keyOf({ actsAs: { prefixes: ['acme:'] }, scopes: ['images:read', 'images:write'] });
    const own = { name: 'more', acts_as_prefixes: ['acme:'], scopes: ['images:read'] };
    for (const [path, init] of [
      ['/keys', json(own)],
      ['/keys', {}],
      ['/webhooks', json({ url: 'https://shop.example/hooks', user_id: 'acme:ada' })],
      ['/webhooks', {}],
      ['/users', {}],
      ['/quotas/acme:ada', {}],
      ['/gates', {}],
    ] as const) {
      const answer = await service.as(key, path, init);
      const { code } = (await answer.json()) as Problem;
      assert.deepEqual([answer.status, code], [403, 'missing-scope'], path);
    }
  });

  it('says whom it stands for', async () => {
    const key = await service.keyOf({ owner: 'boss', actsAs: { prefixes: ['acme:'] }, scopes: ['images:read'] });
    assert.deepEqual(await (await service.as(key, '/whoami')).json(), {
      user_id: null,
      kind: 'service',
      users: [],
      user_prefixes: ['acme:'],
      scopes: ['images:read'],
    });
  });
});
