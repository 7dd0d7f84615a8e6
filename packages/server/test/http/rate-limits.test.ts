import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { type ListeningService, listen } from '../services/listening-service.ts';
import { json } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const ORIGIN = 'https://app.example.org';
const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';

const grants = (count: number) => ({
  user_id: 'ada',
  uploads: Array.from({ length: count }, (_, index) => ({ filename: `${index}.png`, content_type: 'image/png' })),
});

const admittedOf = (answers: readonly { readonly status: number }[]): number =>
  answers.filter(({ status }) => status !== 429).length;

describe('a service with rate limits', () => {
  let service: ClosedService;
  before(async () => {
    service = await createClosedService({
      environment: { RATE_LIMITS: 'grant=10/h read=100/h list=60/h', CORS_ORIGINS: ORIGIN },
    });
  });
  after(() => service[Symbol.asyncDispose]());

  const ask = (key: string, path: string, init?: RequestInit) => service.as(key, path, init);
  const times = (count: number, request: () => Promise<Response>) =>
    Promise.all(Array.from({ length: count }, request));

  it('admits exactly the limit of 200 concurrent requests', async () => {
    const key = await service.keyOf({ owner: 'exact' });
    const answers = await times(200, () => ask(key, '/images'));
    assert.equal(admittedOf(answers), 60);
    for (const { status } of answers) assert.ok(status === 200 || status === 429);
  });

  it('tells the limit and what is left, also to pages', async () => {
    const key = await service.keyOf({ owner: 'headers' });
    const { headers } = await ask(key, '/images', { headers: { Origin: ORIGIN } });
    assert.equal(headers.get('ratelimit-policy'), '"list";q=60;w=3600');
    assert.match(headers.get('ratelimit') ?? '', /^"list";r=59;t=3600$/);
    const exposed = headers.get('access-control-expose-headers')?.split(', ') ?? [];
    for (const name of ['RateLimit', 'RateLimit-Policy', 'Retry-After']) assert.ok(exposed.includes(name));
  });

  it('says nothing of limits where there is none', async () => {
    const key = await service.keyOf({ owner: 'none' });
    for (const response of [
      await service.request('/health'),
      await ask(key, `/images/${UNKNOWN}/complete`, { method: 'POST' }),
    ])
      assert.equal(response.headers.get('ratelimit'), null);
  });

  it('refuses with the policy and the time until the window ends', async () => {
    const key = await service.keyOf({ owner: 'refused' });
    await times(60, () => ask(key, '/images'));
    const response = await ask(key, '/images');
    const { code, policy, detail, status } = (await response.json()) as Record<string, unknown>;
    const seconds = response.headers.get('retry-after') ?? '';
    assert.deepEqual([code, policy, status, response.status], ['rate-limited', 'list', 429, 429]);
    assert.equal(
      detail,
      `expected at most 60 requests of the policy list in 3600 s; got more: try again in ${seconds} s`,
    );
    assert.ok(Number(seconds) >= 1 && Number(seconds) <= 3_600);
    assert.equal(response.headers.get('ratelimit'), `"list";r=0;t=${seconds}`);
    assert.equal(response.headers.get('ratelimit-policy'), '"list";q=60;w=3600');
  });

  it('counts each caller, and each kind of request, apart', async () => {
    const [one, other] = [await service.keyOf({ owner: 'one' }), await service.keyOf({ owner: 'other' })];
    assert.equal(admittedOf(await times(61, () => ask(one, '/images'))), 60);
    assert.equal((await ask(other, '/images')).status, 200);
    assert.equal((await ask(one, `/images/${UNKNOWN}/metadata`)).status, 404);
  });

  it('counts all keys of a user together', async () => {
    const user = [await service.keyOf({ owner: 'same' }), await service.keyOf({ owner: 'same' })] as const;
    await times(60, () => ask(user[0], '/images'));
    assert.equal((await ask(user[1], '/images')).status, 429);
  });

  for (const where of ['query', 'header'])
    it(`counts each user that a service names in a ${where} apart, exactly, also from the user's own share`, async () => {
      const [key, other] = [await service.keyOf({ actsAs: 'everyone' }), await service.keyOf({ actsAs: 'everyone' })];
      const own = await service.keyOf({ owner: where });
      const by = (one: string, user: string) =>
        where === 'query'
          ? ask(one, `/images?user_id=${user}`)
          : ask(one, '/images', { headers: { 'X-User-Id': user } });
      assert.equal(admittedOf(await times(200, () => by(key, where))), 60);
      const refused = await by(key, where);
      const { policy } = (await refused.json()) as { policy: string };
      assert.deepEqual([refused.status, policy], [429, 'list']);
      for (const next of [await by(key, 'other'), await by(other, where), await ask(own, '/images')])
        assert.equal(next.status, 200);
    });

  it('has fifty times the limit for all users of a service together, and tells which limit is met', async () => {
    await using small = await createClosedService({ environment: { RATE_LIMITS: 'list=2/h' } });
    const key = await small.keyOf({ actsAs: 'everyone' });
    const list = (user: string) => small.as(key, `/images?user_id=${encodeURIComponent(user)}`);
    const first = await list('0');
    assert.equal(first.headers.get('ratelimit-policy'), '"list";q=2;w=3600, "list-of-key";q=100;w=3600');
    assert.equal(first.headers.get('ratelimit'), '"list";r=1;t=3600, "list-of-key";r=99;t=3600');
    const users = Array.from({ length: 120 }, (_, index) => list(`${index}`));
    assert.equal(admittedOf(await Promise.all(users)), 99);
    const refused = await list('another');
    const { policy, detail } = (await refused.json()) as { policy: string; detail: string };
    const seconds = refused.headers.get('retry-after');
    assert.equal(policy, 'list-of-key');
    assert.equal(
      detail,
      `expected at most 100 requests of the policy list in 3600 s by all users of the key together; got more: try again in ${seconds} s`,
    );
    assert.equal(refused.headers.get('ratelimit'), `"list";r=2;t=3600, "list-of-key";r=0;t=${seconds}`);
  });

  it("uses up nothing of a service's share by the requests of a user at its limit", async () => {
    await using small = await createClosedService({ environment: { RATE_LIMITS: 'list=2/h' } });
    const key = await small.keyOf({ actsAs: 'everyone' });
    const list = (user: string) => small.as(key, `/images?user_id=${encodeURIComponent(user)}`);
    await times(200, () => list('ada'));
    assert.match((await list('bob')).headers.get('ratelimit') ?? '', /"list-of-key";r=97;/);
  });

  it('never limits an admin', async () => {
    const answers = await times(70, () => ask(service.admin, '/images'));
    assert.equal(admittedOf(answers), 70);
    assert.equal(answers[0]?.headers.get('ratelimit'), null);
  });

  it('counts a request without the scope, and one for a foreign user', async () => {
    const key = await service.keyOf({ owner: 'scopes', scopes: ['images:upload'] });
    assert.deepEqual([(await ask(key, '/images')).status, (await ask(key, '/images')).status], [403, 403]);
    assert.equal((await ask(key, '/images')).headers.get('ratelimit')?.startsWith('"list";r=57;'), true);
  });

  it('refuses before the body is read', async () => {
    const key = await service.keyOf({ owner: 'bodies' });
    await times(10, () => ask(key, '/uploads', json({})));
    let pulls = 0;
    const pull = (): void => {
      pulls += 1;
    };
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    const init: RequestInit = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, duplex: 'half' };
    assert.equal((await ask(key, '/uploads', init)).status, 429);
    assert.equal(pulls, 0);
  });

  it('counts each member of a batch, and admits all of them or none', async () => {
    const key = await service.keyOf({ owner: 'ada' });
    assert.equal((await ask(key, '/images/uploads', json(grants(7)))).status, 200);
    const refused = await ask(key, '/images/uploads', json(grants(4)));
    assert.equal(refused.status, 429);
    const { detail } = (await refused.json()) as { detail: string };
    assert.match(detail, /^expected at most 10 requests of the policy grant in 3600 s; got 3 more, in a batch: /);
    const rest = await ask(key, '/images/uploads', json(grants(2))); // the refused request counted as one
    assert.deepEqual([rest.status, rest.headers.get('ratelimit')?.split(';')[1]], [200, 'r=0']);
  });

  for (const [path, fields] of [
    ['/images/delete', {}],
    ['/images/trash', {}],
    ['/images/restore', {}],
    ['/images/change', { taken_at: null }],
  ] as const)
    it(`counts each member of ${path}`, async () => {
      const key = await service.keyOf({ owner: path });
      const image_ids = Array.from({ length: 40 }, () => UNKNOWN);
      const response = await ask(key, path, json({ image_ids, ...fields }));
      assert.equal(response.headers.get('ratelimit')?.split(';')[1], 'r=60');
    });

  it('counts each member of /render-urls', async () => {
    const key = await service.keyOf({ owner: 'renders' });
    const renders = Array.from({ length: 40 }, () => ({ image_id: UNKNOWN, w: 8 }));
    const response = await ask(key, '/render-urls', json({ renders }));
    assert.equal(response.headers.get('ratelimit')?.split(';')[1], 'r=60');
  });
});

describe('an open service with rate limits', () => {
  const stack = new AsyncDisposableStack();
  let served: ListeningService;
  before(async () => {
    const service = stack.use(await createSharingService({ environment: { RATE_LIMITS: 'list=3/h' } }));
    served = stack.use(await listen(service));
  });
  after(() => stack.disposeAsync());

  const ask = (from: string, target = '/images') => served.send({ method: 'GET', target, from }).answered;

  it('counts by address, whatever the user', async () => {
    const statuses = [];
    for (const user of ['a', 'b', 'c', 'd']) statuses.push((await ask('127.0.0.2', `/images?user_id=${user}`)).status);
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    assert.equal((await ask('127.0.0.3')).status, 200);
  });

  it('limits nothing by default', async () => {
    await using unlimited = await createSharingService();
    assert.equal((await unlimited.request('/images')).headers.get('ratelimit'), null);
  });
});
