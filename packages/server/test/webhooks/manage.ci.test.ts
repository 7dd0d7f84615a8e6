import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import {
  answers,
  type Received,
  startReceiver,
  type WebhookReceiver,
} from '../../../../test/servers/webhook-receiver.ts';
import type { Delivery } from '../../src/domain/event/delivery.ts';
import { EVENT_TYPES } from '../../src/domain/event/image-event.ts';
import { sampleDelivery, sampleEvent } from '../../src/domain/event/webhooks.fixture.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { createTestService, json } from '../services/service.ts';

interface WebhookJson {
  readonly webhook_id: string;
  readonly secret?: string;
  readonly [name: string]: unknown;
}

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly params?: unknown;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

interface DeliveryJson {
  readonly event_id: string;
  readonly status: string;
  readonly [name: string]: unknown;
}

const URL_A = 'https://shop.example/hooks';
const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const DAY_MS = 86_400_000;

const createService = (environment: Record<string, string> = {}) =>
  createClosedService({ environment: { EVENTS: 'on', OUTBOUND_ALLOW: '127.0.0.1/32', ...environment } });

async function asked<Body>(service: ClosedService, path: string, init: RequestInit = {}, status = 200): Promise<Body> {
  const answer = await service.as(service.admin, path, init);
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  if (status < 400) assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
  return JSON.parse(text) as Body;
}

const patch = (body: unknown): RequestInit => ({ ...json(body), method: 'PATCH' });
const posted: RequestInit = { method: 'POST' };
const create = (service: ClosedService, fields: object = {}) =>
  asked<WebhookJson>(service, '/webhooks', json({ url: URL_A, ...fields }), 201);
const refused = (service: ClosedService, path: string, init: RequestInit, status: number) =>
  asked<Problem>(service, path, init, status);

const eventsOf = ({ services }: ClosedService) => services.events ?? assert.fail('EVENTS is off');

describe('webhooks', () => {
  it('may be for the users of a prefix, which never changes', async () => {
    await using service = await createService();
    const { webhook_id: id, ...made } = await create(service, { user_prefix: 'acme:' });
    assert.deepEqual([made['user_id'], made['user_prefix']], [null, 'acme:']);
    assert.equal((await create(service))['user_prefix'], undefined);
    const path = `/webhooks/${id}`;
    for (const [body, pointer] of [
      [{ user_prefix: 'other:' }, '/user_prefix'],
      [{ user_id: 'acme:ada' }, '/user_id'],
    ] as const) {
      const { errors } = await refused(service, path, patch(body), 400);
      assert.equal(errors?.[0]?.pointer, pointer);
    }
    await asked(service, path, patch({ user_id: null, paused: true }));
    assert.equal((await asked<WebhookJson>(service, path))['user_prefix'], 'acme:');
    const wrong: readonly object[] = [
      ...['', ' ', 'acme:*', 'acme ', 'x'.repeat(129), 7].map((user_prefix) => ({ user_prefix })),
      { user_prefix: 'acme:', user_id: 'acme:ada' },
    ];
    for (const fields of wrong) {
      const { errors } = await refused(service, '/webhooks', json({ url: URL_A, ...fields }), 400);
      assert.equal(errors?.[0]?.pointer, '/user_prefix', JSON.stringify(fields));
    }
  });

  it('are at most 20 for each prefix', async () => {
    await using service = await createService();
    for (let n = 0; n < 20; n += 1) await create(service, { user_prefix: 'acme:' });
    const body = json({ url: URL_A, user_prefix: 'acme:' });
    const { code, detail, params } = await refused(service, '/webhooks', body, 409);
    assert.deepEqual([code, params], ['too-many-webhooks', { limit: 20 }]);
    assert.match(detail, /^expected fewer than 20 webhooks for this prefix, and 400 for all prefixes; got as many/);
    await create(service, { user_prefix: 'acme2:' });
    await create(service);
  });

  it('are created with exactly the promised fields, and their secret is shown once', async () => {
    await using service = await createService();
    const terms = { types: ['image.ready', 'image.deleted'], user_id: 'ada' };
    const answer = await service.as(service.admin, '/webhooks', json({ url: URL_A, ...terms }));
    assert.equal(answer.status, 201);
    const { webhook_id: id, secret, created_at, ...rest } = (await answer.json()) as WebhookJson;
    assert.equal(answer.headers.get('location'), `/webhooks/${id}`);
    assert.match(secret ?? '', /^whsec_[A-Za-z\d+/]{43}=$/);
    const fields = {
      url: URL_A,
      ...terms,
      paused: null,
      failing_since: null,
      skipped: null,
      former_secrets_until: [],
      updated_at: created_at,
    };
    assert.deepEqual(rest, fields);
    const shown = { webhook_id: id, created_at, ...fields };
    assert.deepEqual(await asked(service, `/webhooks/${id}`), shown);
    assert.deepEqual(await asked(service, `/webhooks/${id.toUpperCase()}`), shown);
    assert.deepEqual(await asked(service, '/webhooks'), { count: 1, webhooks: [shown] });
    const stored = await eventsOf(service).webhooks.get(id);
    assert.ok(!JSON.stringify(stored).includes(secret?.slice(6) ?? ''), 'the store has it sealed');
    assert.equal(stored?.position?.log, (await eventsOf(service).log.head()).log, 'it begins where it is created');
  });

  it('are 20 at most, also if two are created at once', async () => {
    await using service = await createService();
    for (let n = 0; n < 19; n += 1) await create(service);
    const rivals = await Promise.all(
      ['a', 'b', 'c'].map((name) => service.as(service.admin, '/webhooks', json({ url: `${URL_A}/${name}` }))),
    );
    assert.deepEqual(rivals.map(({ status }) => status).toSorted(), [201, 409, 409]);
    const { code, params } = await refused(service, '/webhooks', json({ url: URL_A }), 409);
    assert.deepEqual([code, params], ['too-many-webhooks', { limit: 20 }]);
    const { webhooks } = await asked<{ webhooks: WebhookJson[] }>(service, '/webhooks');
    assert.equal(webhooks.length, 20);
    await asked(service, `/webhooks/${webhooks[0]?.webhook_id}`, { method: 'DELETE' });
    await create(service);
  });

  it('refuse URLs that the service would not ask, without repeating them', async () => {
    await using closed = await createClosedService({ environment: { EVENTS: 'on' } });
    await using open = await createService();
    const secret = 's3cret';
    const BAD: readonly (readonly [service: ClosedService, url: string])[] = [
      [closed, `http://shop.example/${secret}`],
      [closed, `https://shop.example:8443/${secret}`],
      [closed, `https://127.0.0.1/${secret}`],
      [closed, `https://[::1]/${secret}`],
      [closed, `https://0x7f.1/${secret}`],
      [closed, `https://169.254.169.254/${secret}`],
      [open, `http://127.0.0.2:8080/${secret}`],
      [open, `http://10.0.0.1/${secret}`],
      ...[
        `https://ada:${secret}@shop.example/`,
        `https://shop.example/#${secret}`,
        `ftp://shop.example/${secret}`,
        `/${secret}`,
        `https://shop.example/${'a'.repeat(2_048)}${secret}`,
        `https://shop.example/${'é'.repeat(1_000)}`,
      ].map((url) => [open, url] as const),
    ];
    for (const [service, url] of BAD) {
      const { code, detail, errors } = await refused(service, '/webhooks', json({ url }), 400);
      assert.deepEqual([code, errors?.[0]?.pointer], ['invalid-request', '/url'], url);
      assert.ok(!detail.includes(secret), detail);
    }
    for (const [service, url] of [
      [closed, `https://shop.example/${'a'.repeat(2_027)}`],
      [closed, 'https://93.184.215.14/'],
      [closed, 'https://shop.example:443/'],
      [open, 'http://127.0.0.1:8080/'],
    ] as const)
      await asked(service, '/webhooks', json({ url }), 201);
  });

  it('refuse other wrong terms, and unknown fields', async () => {
    await using service = await createService();
    const WRONG: readonly (readonly [fields: object, pointer: string])[] = [
      [{ types: ['image.seen'] }, '/types/0'],
      [{ types: [] }, '/types'],
      [{ types: Array.from({ length: EVENT_TYPES.length + 1 }, () => 'image.ready') }, '/types'],
      [{ user_id: '' }, '/user_id'],
      [{ user_id: 'a'.repeat(129) }, '/user_id'],
      [{ url: undefined }, '/url'],
      [{ url: 7 }, '/url'],
      [{ secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }, '/secret'],
      [{ paused: true }, '/paused'],
    ];
    for (const [fields, pointer] of WRONG) {
      const problem = await refused(service, '/webhooks', json({ url: URL_A, ...fields }), 400);
      assert.deepEqual(
        problem.errors?.map((one) => one.pointer),
        [pointer],
        problem.detail,
      );
    }
    const { webhook_id: id } = await create(service);
    for (const [body, pointer] of [
      [{ paused: 'yes' }, '/paused'],
      [{ url: null }, '/url'],
      [{ url: 'http://10.0.0.1/' }, '/url'],
      [{ types: ['ready'] }, '/types/0'],
      [{ version: 1 }, '/version'],
    ] as const) {
      const problem = await refused(service, `/webhooks/${id}`, patch(body), 400);
      assert.deepEqual(
        problem.errors?.map((one) => one.pointer),
        [pointer],
        problem.detail,
      );
    }
    assert.deepEqual((await asked<WebhookJson>(service, `/webhooks/${id}`))['types'], null);
  });

  it('are changed member by member, also by several at once', async () => {
    await using service = await createService();
    const { webhook_id: id } = await create(service, { types: ['image.ready'], user_id: 'ada' });
    const path = `/webhooks/${id}`;
    await Promise.all([
      asked(service, path, patch({ url: 'https://other.example/' })),
      asked(service, path, patch({ types: null })),
      asked(service, path, patch({ user_id: 'bob' })),
    ]);
    const { url, types, user_id } = await asked<WebhookJson>(service, path);
    assert.deepEqual({ url, types, user_id }, { url: 'https://other.example/', types: null, user_id: 'bob' });
    const before = await eventsOf(service).webhooks.get(id);
    service.clock.offsetMs += 60 * 1_000;
    await asked(service, path, patch({ user_id: 'bob' }));
    await asked(service, path, patch({}));
    assert.deepEqual(await eventsOf(service).webhooks.get(id), before, 'a change of nothing writes nothing');
  });

  it('are paused and go on, or move, which begins the count of failed days anew', async () => {
    await using service = await createService();
    const { webhooks } = eventsOf(service);
    const { webhook_id: id } = await create(service);
    const { paused } = await asked<{ paused: { why: string; at: string } | null }>(
      service,
      `/webhooks/${id}`,
      patch({ paused: true }),
    );
    assert.equal(paused?.why, 'asked');
    service.clock.offsetMs += 60 * 1_000;
    const again = await asked<WebhookJson>(service, `/webhooks/${id}`, patch({ paused: true }));
    assert.deepEqual(again['paused'], paused, 'since the first time');
    const stored = (await webhooks.get(id)) ?? assert.fail();
    const failing = { ...stored, failingSince: service.clock.now(), version: stored.version + 1 };
    assert.equal(await webhooks.replace(stored, failing), true);
    const resumed = await asked<WebhookJson>(service, `/webhooks/${id}`, patch({ paused: false }));
    assert.deepEqual([resumed['paused'], resumed['failing_since']], [null, null]);

    const active = (await webhooks.get(id)) ?? assert.fail();
    const failsAgain = { ...active, failingSince: service.clock.now(), version: active.version + 1 };
    assert.equal(await webhooks.replace(active, failsAgain), true);
    const narrowed = await asked<WebhookJson>(service, `/webhooks/${id}`, patch({ types: ['image.ready'] }));
    assert.ok(narrowed['failing_since'], 'other terms go on counting');
    const moved = await asked<WebhookJson>(service, `/webhooks/${id}`, patch({ url: `${URL_A}/moved` }));
    assert.equal(moved['failing_since'], null, 'another address begins anew');
  });

  it('from a backup are told of what happens after they are resumed, also before a worker sees them', async () => {
    await using service = await createService();
    const { webhooks, log } = eventsOf(service);
    const { webhook_id: made } = await create(service);
    const stored = (await webhooks.get(made)) ?? assert.fail();
    const id = UNKNOWN;
    const paused = { why: 'restored', at: service.clock.now() } as const;
    assert.ok(await webhooks.create({ ...stored, id, paused, position: null }));
    const { sequences } = await log.head();
    await asked(service, `/webhooks/${id}`, patch({ paused: false }));
    assert.deepEqual((await webhooks.get(id))?.position?.sequences, sequences);
  });

  it('sign by the former secrets for a day after a rotation, also after a second one', async () => {
    await using receiver = await startReceiver();
    await using service = await createService();
    const { webhook_id: id, secret: first = '' } = await create(service, { url: receiver.url });
    const rotate = async (): Promise<string> => {
      const { secret = '', former_secrets_until: former } = await asked<WebhookJson>(
        service,
        `/webhooks/${id}/rotate`,
        posted,
      );
      assert.equal(Array.isArray(former) && former.length > 0, true);
      return secret;
    };
    const signers = async (...secrets: string[]): Promise<boolean[]> => {
      await asked(service, `/webhooks/${id}/test`, posted);
      const message = receiver.received.at(-1) ?? assert.fail();
      return secrets.map((one) => {
        try {
          return verified(one, message).type === 'webhook.test';
        } catch {
          return false;
        }
      });
    };
    const second = await rotate();
    assert.notEqual(second, first);
    assert.deepEqual(await signers(first, second), [true, true]);
    const third = await rotate();
    assert.deepEqual(await signers(first, second, third), [true, true, true], 'an answer may have been lost');
    const fourth = await rotate();
    assert.deepEqual(await signers(first, second, third, fourth), [false, true, true, true], 'three at most');
    const { former_secrets_until: until } = await asked<WebhookJson>(service, `/webhooks/${id}`);
    const ends = (until as string[]).map((one) => new Date(one).getTime() - service.clock.now().getTime());
    assert.equal(ends.length, 2);
    for (const end of ends) assert.ok(end > DAY_MS - 60_000 && end <= DAY_MS, `${end} ms`);
  });

  it('end a former secret after its day, however often it is rotated meanwhile', async () => {
    await using service = await createService();
    const { webhook_id: id } = await create(service);
    const path = `/webhooks/${id}`;
    const former = ({ former_secrets_until: until }: WebhookJson) => (until as string[]).length;
    assert.equal(former(await asked<WebhookJson>(service, `${path}/rotate`, posted)), 1);
    service.clock.offsetMs += DAY_MS / 2;
    assert.equal(former(await asked<WebhookJson>(service, `${path}/rotate`, posted)), 2);
    service.clock.offsetMs += DAY_MS / 2 + 1_000;
    assert.equal(former(await asked<WebhookJson>(service, path)), 1, 'the first one has ended');
    service.clock.offsetMs += DAY_MS / 2;
    assert.equal(former(await asked<WebhookJson>(service, path)), 0);
    assert.equal(former(await asked<WebhookJson>(service, `${path}/rotate`, posted)), 1);
  });

  it('are removed with their deliveries', async () => {
    await using service = await createService();
    const { webhook_id: id } = await create(service);
    await delivered(service, id, 3);
    assert.deepEqual(await asked(service, `/webhooks/${id}`, { method: 'DELETE' }), { webhook_id: id });
    for (const [path, init] of ofOne(id)) {
      const { code } = await refused(service, path, init, 404);
      assert.equal(code, 'webhook-not-found', `${init.method} ${path}`);
    }
    assert.deepEqual(await eventsOf(service).webhooks.unfinished(id, 9), []);
  });

  it('are none with an id that is unknown, or none', async () => {
    await using service = await createService();
    for (const id of [UNKNOWN, 'none', 'a'.repeat(1_500), '%00', '..%2fkeys'])
      for (const [path, init] of ofOne(id)) {
        const { code } = await refused(service, path, init, 404);
        assert.equal(code, 'webhook-not-found', `${init.method} ${path}`);
      }
  });

  it('exist only with EVENTS=on, and not in open mode', async () => {
    await using without = await createClosedService();
    await using open = await createTestService({ environment: { EVENTS: 'on' } });
    await using neither = await createTestService();
    const { detail } = (await (await neither.request('/webhooks')).json()) as Problem;
    assert.equal(detail, 'expected a service with webhooks; got one without EVENTS=on and AUTH');
    const all = [['/webhooks', {}], ['/webhooks', json({ url: URL_A })], ...ofOne(UNKNOWN)] as const;
    for (const [path, init] of all) {
      const answers = [await without.as(without.admin, path, init), await open.request(path, init)];
      for (const [at, word] of ['EVENTS', 'AUTH'].entries()) {
        const problem = (await answers[at]?.json()) as Problem;
        assert.deepEqual([answers[at]?.status, problem.code], [404, 'route-not-found'], path);
        assert.ok(problem.detail.includes(word), problem.detail);
      }
    }
  });
});

const ofOne = (id: string): readonly (readonly [path: string, init: RequestInit])[] => [
  [`/webhooks/${id}`, {}],
  [`/webhooks/${id}`, patch({ paused: true })],
  [`/webhooks/${id}/rotate`, posted],
  [`/webhooks/${id}/test`, posted],
  [`/webhooks/${id}/deliveries`, {}],
  [`/webhooks/${id}/replay`, json({ event_ids: ['1-2'] })],
  [`/webhooks/${id}`, { method: 'DELETE' }],
];

/** What the message says, if that secret signed it. Errors: those of the library. */
function verified(secret: string, { body, headers }: Received): { readonly type: string; readonly data: unknown } {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const given = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
  return new Webhook(secret).verify(body, given) as { type: string; data: unknown };
}

/** Adds deliveries, one a second; each third one is delivered, and each third one failed. */
async function delivered(service: ClosedService, webhookId: string, count: number): Promise<readonly Delivery[]> {
  const { webhooks } = eventsOf(service);
  const start = service.clock.now().getTime();
  const at = (n: number) => new Date(start + n * 1_000);
  const made = Array.from({ length: count }, (_, n) =>
    sampleDelivery({ id: webhookId }, sampleEvent({ sequence: n + 1, at: at(n) })),
  );
  for (let n = 0; n < count; n += 100) await webhooks.addDeliveries(made.slice(n, n + 100));
  const attempt = { at: at(0), httpStatus: 500, durationMs: 7, answer: 'busy' };
  for (const [n, one] of made.entries()) {
    if (n % 3 === 0)
      await webhooks.record(one, { status: 'delivered', dueAt: at(0), attempt: { ...attempt, httpStatus: 200 } });
    if (n % 3 === 1) await webhooks.record(one, { status: 'failed', dueAt: at(0), attempt });
  }
  return made;
}

describe('a test of a webhook', () => {
  const told = async (service: ClosedService, receiver: WebhookReceiver) => {
    const { webhook_id: id, secret = '' } = await create(service, { url: receiver.url });
    return { id, secret, test: () => asked<WebhookJson>(service, `/webhooks/${id}/test`, posted) };
  };

  it('sends a signed message now, also to a paused one, and answers what came of it', async () => {
    await using receiver = await startReceiver();
    await using service = await createService();
    const { id, secret, test } = await told(service, receiver);
    await asked(service, `/webhooks/${id}`, patch({ paused: true }));
    receiver.answering = answers(200, {}, `${'x'.repeat(1_000)}${'é'.repeat(100)}`);
    const { at: _, duration_ms, answer, ...rest } = await test();
    assert.deepEqual(rest, { status: 200, delivered: true });
    assert.ok(Number.isInteger(duration_ms));
    assert.match(String(answer), /^x{1000}é{12}$/);
    const [message] = receiver.received;
    assert.ok(message);
    assert.deepEqual(verified(secret, message).data, { webhook_id: id });
    assert.equal(message.headers['ce-type'], 'webhook.test');
    const { deliveries } = await asked<{ deliveries: unknown[] }>(service, `/webhooks/${id}/deliveries`);
    assert.deepEqual(deliveries, [], 'it is no delivery');
  });

  it('says so if the receiver refuses it, redirects, or is away', async () => {
    await using receiver = await startReceiver();
    await using service = await createService();
    const { id, test } = await told(service, receiver);
    receiver.answering = answers(503, { 'retry-after': '60' }, 'later');
    const { status, answer, delivered } = await test();
    assert.deepEqual({ status, answer, delivered }, { status: 503, answer: 'later', delivered: false });
    receiver.answering = answers(302, { location: 'http://127.0.0.1:1/secret' });
    const redirected = await test();
    assert.deepEqual([redirected['status'], redirected['delivered']], [null, false]);
    receiver.answering = answers(410);
    assert.equal((await test())['delivered'], false);
    await receiver[Symbol.asyncDispose]();
    const away = await test();
    assert.deepEqual([away['status'], away['delivered']], [null, false]);
    const { paused, failing_since } = await asked<WebhookJson>(service, `/webhooks/${id}`);
    assert.deepEqual([paused, failing_since], [null, null], 'a test changes nothing');
  });
});

describe('the deliveries of a webhook', () => {
  it('are listed in pages, the latest event first, by status', async () => {
    await using service = await createService();
    const { webhook_id: id } = await create(service);
    const made = await delivered(service, id, 7);
    const path = `/webhooks/${id}/deliveries`;
    const list = async (query: string): Promise<DeliveryJson[]> => {
      const found: DeliveryJson[] = [];
      for (let cursor = ''; ; ) {
        const page = await asked<{ count: number; deliveries: DeliveryJson[]; next_cursor: string | null }>(
          service,
          `${path}?${query}${cursor}`,
        );
        assert.equal(page.count, page.deliveries.length);
        found.push(...page.deliveries);
        if (page.next_cursor === null) return found;
        cursor = `&cursor=${page.next_cursor}`;
      }
    };
    const ids = (found: readonly DeliveryJson[]) => found.map(({ event_id }) => event_id);
    const newest = made.toReversed().map(({ eventId }) => eventId);
    for (const limit of [1, 2, 3, 7, 100]) assert.deepEqual(ids(await list(`limit=${limit}`)), newest);
    for (const [status, places] of [
      ['waiting', [1, 4]],
      ['failed', [2, 5]],
      ['delivered', [0, 3, 6]],
    ] as const)
      assert.deepEqual(
        ids(await list(`limit=1&status=${status}`)),
        places.map((n) => newest[n]),
      );

    const [one, , three] = await list('limit=100');
    const event = made[6]?.event ?? assert.fail();
    const at = made[0]?.event.at.toISOString();
    assert.deepEqual(one, {
      event_id: made[6]?.eventId,
      type: 'image.ready',
      image_id: event.imageId,
      user_id: 'ada',
      revision: 2,
      event_time: event.at.toISOString(),
      status: 'delivered',
      attempts: 1,
      next_attempt_at: null,
      last_attempt: { at, status: 200, duration_ms: 7, answer: 'busy' },
      created_at: made[6]?.createdAt.toISOString(),
    });
    assert.deepEqual(
      [three?.['last_attempt'], three?.status],
      [{ at, status: 500, duration_ms: 7, answer: 'busy' }, 'failed'],
    );
  });

  it('take no cursor of another list, and no wrong parameter', async () => {
    await using service = await createService();
    const [one, other] = [await create(service), await create(service)];
    await delivered(service, one.webhook_id, 3);
    const path = `/webhooks/${one.webhook_id}/deliveries`;
    const { next_cursor: cursor } = await asked<{ next_cursor: string }>(service, `${path}?limit=1`);
    const code = async (target: string) => (await refused(service, target, {}, 400)).code;
    assert.equal(await code(`${path}?status=failed&cursor=${cursor}`), 'invalid-cursor');
    assert.equal(await code(`/webhooks/${other.webhook_id}/deliveries?cursor=${cursor}`), 'invalid-cursor');
    assert.equal(await code(`${path}?cursor=${cursor.slice(0, -1)}`), 'invalid-cursor');
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=x',
      'status=lost',
      'order=asc',
      `cursor=${cursor}&cursor=${cursor}`,
    ])
      assert.equal(await code(`${path}?${query}`), 'invalid-request', query);
  });

  it('are replayed by ids: finished ones only', async () => {
    await using service = await createService();
    const { webhook_id: id } = await create(service);
    const made = await delivered(service, id, 6);
    const { webhooks } = eventsOf(service);
    service.clock.offsetMs += 3_600 * 1_000;
    const ids = [...made.map(({ eventId }) => eventId), made[0]?.eventId, 'none'];
    const answer = await asked(service, `/webhooks/${id}/replay`, json({ event_ids: ids }), 202);
    assert.deepEqual(answer, { replayed: 4 });
    const [first] = await webhooks.unfinished(id, 9);
    assert.deepEqual([first?.status, first?.attempts], ['waiting', 0]);
    assert.ok(first && first.dueAt <= service.clock.now() && first.dueAt > first.createdAt, 'it is due at once');
    assert.equal((await webhooks.unfinished(id, 9)).length, 6);
  });

  it('are replayed by a range of times, with both ends, and by status', async () => {
    await using service = await createService();
    const { webhook_id: id } = await create(service);
    const made = await delivered(service, id, 9);
    const time = (n: number) => made[n]?.event.at.toISOString();
    const replay = (body: object) => asked(service, `/webhooks/${id}/replay`, json(body), 202);
    assert.deepEqual(await replay({ from: time(4), to: time(7), status: 'failed' }), { replayed: 2 });
    assert.deepEqual(await replay({ from: time(4), to: time(7) }), { replayed: 1 });
    assert.deepEqual(await replay({ from: time(0), to: time(3) }), { replayed: 3 });
    assert.deepEqual(await replay({ from: time(0), to: time(3) }), { replayed: 0 });
  });

  it('are replayed by at most 1,000 in one request', async () => {
    await using service = await createService();
    const { webhook_id: id } = await create(service);
    const { webhooks } = eventsOf(service);
    const made = Array.from({ length: 1_001 }, (_, n) =>
      sampleDelivery({ id }, sampleEvent({ sequence: n + 1, at: new Date(1_000_000 + n) }), { status: 'failed' }),
    );
    for (let n = 0; n < made.length; n += 100) await webhooks.addDeliveries(made.slice(n, n + 100));
    const range = (first: number) => ({ from: new Date(1_000_000 + first), to: new Date(2_000_000) });
    const { errors } = await refused(service, `/webhooks/${id}/replay`, json(range(0)), 400);
    assert.equal(errors?.[0]?.pointer, '/from');
    assert.deepEqual(await webhooks.unfinished(id, 9), [], 'none of them');
    assert.deepEqual(await asked(service, `/webhooks/${id}/replay`, json(range(1)), 202), { replayed: 1_000 });
    const ids = made.map(({ eventId }) => eventId);
    await refused(service, `/webhooks/${id}/replay`, json({ event_ids: ids }), 400);
    await asked(service, `/webhooks/${id}/replay`, json({ event_ids: ids.slice(1) }), 202);
  });

  it('are not replayed by a wrong request', async () => {
    await using service = await createService();
    const { webhook_id: id } = await create(service);
    const [from, to] = ['2026-01-31T12:00:00Z', '2026-01-31T13:00:00Z'];
    for (const [body, pointer] of [
      [{}, '/event_ids'],
      [{ from }, '/event_ids'],
      [{ event_ids: ['1-2'], from, to }, '/event_ids'],
      [{ event_ids: ['1-2'], status: 'failed' }, '/event_ids'],
      [{ event_ids: [] }, '/event_ids'],
      [{ event_ids: [7] }, '/event_ids/0'],
      [{ event_ids: ['x'.repeat(65)] }, '/event_ids/0'],
      [{ from: to, to: from }, '/to'],
      [{ from, to: 'now' }, '/to'],
      [{ from, to, status: 'waiting' }, '/status'],
      [{ event_ids: ['1-2'], all: true }, '/all'],
    ] as const) {
      const problem = await refused(service, `/webhooks/${id}/replay`, json(body), 400);
      assert.deepEqual(
        problem.errors?.map((one) => one.pointer),
        [pointer],
        problem.detail,
      );
    }
  });
});
