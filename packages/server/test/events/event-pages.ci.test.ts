import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { clientAt } from '../../src/domain/access/client.fixture.ts';
import { accessOf, OPEN } from '../../src/domain/access/principals.fixture.ts';
import { EVERY_EVENT } from '../../src/domain/event/event-filter.ts';
import { findEvents } from '../../src/operations/events/find-events.ts';
import type { PageAsk } from '../../src/records/events/event-reader.ts';
import { createTestService } from '../services/service.ts';
import { createEventService, type EventService, type ToldEvent } from './event-service.ts';

const DAY_MS = 86_400_000;
const ids = (events: readonly ToldEvent[]) => events.map(({ event_id }) => event_id);

describe('GET /events', () => {
  let service: EventService;
  let [ada, bob, everyone] = ['', '', ''];
  /** An image of ada and one of bob. */
  let images: readonly [string, string];
  before(async () => {
    service = await createEventService();
    [ada, bob, everyone] = await Promise.all([
      service.keyOf({ owner: 'ada' }),
      service.keyOf({ owner: 'bob' }),
      service.keyOf({ actsAs: 'everyone' }),
    ]);
    images = [await service.upload(ada), await service.upload(bob)];
    await service.change(ada, images[0], 'sea');
    for (const what of ['trash', 'restore', 'trash'])
      assert.equal((await service.as(ada, `/images/${images[0]}/${what}`, { method: 'POST' })).status, 200);
    assert.equal((await service.as(ada, `/images/${images[0]}`, { method: 'DELETE' })).status, 200);
  });
  after(() => service[Symbol.asyncDispose]());

  const LIFE = ['ready', 'updated', 'trashed', 'restored', 'trashed', 'deleted'].map((what) => `image.${what}`);

  it('tells the life of an image in the order of its revisions', async () => {
    const { events, has_more: hasMore } = await service.page(ada);
    assert.deepEqual(
      events.map(({ type }) => type),
      LIFE,
    );
    const revisions = events.map(({ revision }) => revision);
    assert.deepEqual(
      revisions,
      revisions.toSorted((one, other) => one - other),
    );
    assert.deepEqual(
      events.map(({ changed }) => changed),
      LIFE.map((type) => (type === 'image.updated' ? ['tags'] : undefined)),
    );
    assert.deepEqual(
      ids(events),
      revisions.map((revision) => `${images[0]}-${revision}`),
    );
    assert.equal(hasMore, false);
  });

  it('gives all events once, page by page, and then an empty page', async () => {
    const found: string[] = [];
    for (let query = '?limit=2', hasMore = true; hasMore; ) {
      const page = await service.page(everyone, query);
      found.push(...ids(page.events));
      query = `?limit=2&cursor=${page.next_cursor}`;
      hasMore = page.has_more;
      if (!hasMore) assert.deepEqual((await service.page(everyone, query)).events, []);
    }
    assert.equal(found.length, LIFE.length + 1);
    assert.equal(new Set(found).size, found.length);
  });

  it('filters by type, user and image, and goes on with other filters behind them', async () => {
    const of = async (query: string, key = everyone) => (await service.page(key, query)).events;
    const trashed = await of('?type=image.trashed&type=image.restored');
    assert.deepEqual(
      trashed.map(({ type }) => type),
      ['image.trashed', 'image.restored', 'image.trashed'],
    );
    assert.deepEqual(await of('?user_id=bob'), await of('', bob));
    assert.deepEqual(await of(`?image_id=${images[1].toUpperCase()}`), await of('', bob));
    assert.deepEqual(await of(`?image_id=${images[1]}`, ada), []);
    assert.deepEqual(await of('?user_id=nobody'), []);
    const { next_cursor: cursor } = await service.page(everyone, '?user_id=bob');
    assert.deepEqual(await of(`?cursor=${cursor}`), []);
    assert.deepEqual(await of('?from=now'), []);
  });

  it('shows a user its own events alone, and asks a service for some users for one', async () => {
    assert.ok((await service.page(bob)).events.every(({ user_id: user }) => user === 'bob'));
    assert.equal((await service.refused(bob, '?user_id=ada')).code, 'forbidden');
    const some = await service.keyOf({ actsAs: ['ada', 'bob'] });
    assert.equal((await service.refused(some, '')).code, 'invalid-request');
    assert.deepEqual((await service.page(some, '?user_id=bob')).events, (await service.page(bob)).events);
    assert.equal((await service.page(service.admin)).events.length, LIFE.length + 1);
  });

  it('is closed to credentials that only upload', async () => {
    const key = await service.keyOf({ owner: 'ada', scopes: ['images:upload'] });
    assert.equal((await service.refused(key, '')).code, 'missing-scope');
  });

  it('refuses what it does not have: another type, no UUID, a cursor and a beginning', async () => {
    const asked = ['type=image.seen', 'image_id=7', 'limit=0', 'limit=1001', 'wait=26', 'from=then', 'types=x'];
    const { next_cursor: cursor } = await service.page(ada);
    for (const query of [...asked, `cursor=${cursor}&from=now`]) {
      const { code, detail } = await service.refused(ada, `?${query}`);
      assert.equal(code, 'invalid-request', query);
      assert.match(detail, /expected .*; got /);
    }
  });

  it('waits for an event of the filter', async () => {
    const { next_cursor: cursor } = await service.page(ada);
    const id = await service.upload(ada);
    const waiting = service.page(ada, `?cursor=${cursor}&wait=25&type=image.updated`);
    await service.change(ada, id, 'sun');
    const { events } = await waiting;
    assert.deepEqual(
      events.map(({ type, image_id: image }) => [type, image]),
      [['image.updated', id]],
    );
  });

  it('looks for no more events once its client has left', async () => {
    const events = service.services.events ?? assert.fail('EVENTS is off');
    let [looks, elapsedMs] = [0, 0];
    const page = (ask: PageAsk) => {
      looks += 1;
      elapsedMs += 1_000;
      return events.reader.page(ask);
    };
    const services = {
      ...service.services,
      events: { ...events, reader: { ...events.reader, page } },
      clock: { ...service.services.clock, elapsedMs: () => elapsedMs },
    };
    const input = { filter: EVERY_EVENT, from: 'now', cursor: undefined, limit: 10, waitSeconds: 25 } as const;
    await findEvents(services, accessOf(OPEN, 'readEvents'), input, clientAt('192.0.2.1', AbortSignal.abort()));
    assert.equal(looks, 1);
  });

  it('answers a wait without an event with the same place in the log', async () => {
    const { next_cursor: cursor } = await service.page(ada);
    const page = await service.page(ada, `?cursor=${cursor}&wait=1`);
    assert.deepEqual([page.events, page.has_more], [[], false]);
    const id = await service.upload(ada);
    const { events } = await service.page(ada, `?cursor=${page.next_cursor}`);
    assert.deepEqual(
      events.map(({ image_id: image }) => image),
      [id],
    );
  });
});

describe('a cursor of events', () => {
  it('is no cursor if it is truncated, changed, or of another service', async () => {
    await using service = await createEventService();
    await using other = await createEventService();
    const [ada, foreign] = await Promise.all([service.keyOf({ owner: 'ada' }), other.keyOf({ owner: 'ada' })]);
    const { next_cursor: cursor } = await service.page(ada);
    const first = cursor[0] === 'A' ? 'B' : 'A';
    const { next_cursor: foreignCursor } = await other.page(foreign);
    for (const bad of [cursor.slice(0, -1), cursor.slice(1), `${first}${cursor.slice(1)}`, `${cursor}A`, foreignCursor])
      assert.equal((await service.refused(ada, `?cursor=${bad}`)).code, 'invalid-cursor', bad);
  });

  it('tells a user nothing of what others do', async () => {
    await using service = await createEventService();
    const [ada, bob] = await Promise.all([service.keyOf({ owner: 'ada' }), service.keyOf({ owner: 'bob' })]);
    const bytes = async () => Buffer.from((await service.page(ada, '?from=now')).next_cursor, 'base64url');
    const before = await bytes();
    await service.upload(bob);
    const later = await bytes();
    for (let at = 0; at + 5 <= before.length; at += 1)
      assert.ok(!later.includes(before.subarray(at, at + 5)), `${before.toString('hex')} ${later.toString('hex')}`);
  });

  it('expires with the events after it; the problem has a cursor of the oldest one', async () => {
    await using service = await createEventService();
    const ada = await service.keyOf({ owner: 'ada' });
    const { next_cursor: cursor } = await service.page(ada);
    const id = await service.upload(ada);
    service.clock.offsetMs += 7 * DAY_MS - 60_000;
    assert.equal((await service.page(ada, `?cursor=${cursor}`)).events.length, 1);
    service.clock.offsetMs += 61_000;
    const { status, code, params } = await service.refused(ada, `?cursor=${cursor}`);
    assert.deepEqual([status, code], [410, 'cursor-expired']);
    const { events } = await service.page(ada, `?cursor=${params?.oldest_cursor}`);
    assert.deepEqual(
      events.map(({ image_id: image }) => image),
      [id],
    );
    assert.equal((await service.as(ada, `/events?cursor=${cursor}`, STREAM)).status, 410);
  });

  it('expires if a process without events changed something', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safelight-'));
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const events = { folder, environment: { EVENTS: 'on' } };
    const cursorOf = async (options: typeof events, change: boolean): Promise<string> => {
      await using service = await createEventService(options);
      const ada = await service.keyOf({ owner: 'ada' });
      if (change) await service.upload(ada);
      return (await service.page(ada)).next_cursor;
    };
    const cursor = await cursorOf(events, false);
    await using service = await (async () => {
      await using off = await createEventService({ folder, environment: { EVENTS: 'off' } });
      const ada = await off.keyOf({ owner: 'ada' });
      assert.equal((await off.refused(ada, '')).code, 'route-not-found');
      assert.match((await off.refused(ada, '')).detail, /EVENTS is off/);
      await off.upload(ada);
      await off[Symbol.asyncDispose]();
      return createEventService(events);
    })();
    const ada = await service.keyOf({ owner: 'ada' });
    const { code, params } = await service.refused(ada, `?cursor=${cursor}`);
    assert.equal(code, 'cursor-expired');
    assert.deepEqual((await service.page(ada, `?cursor=${params?.oldest_cursor}`)).events, []);
  });
});

const STREAM = { headers: { Accept: 'text/event-stream' } };

describe('a platform that sends whole answers', () => {
  it('gets a stream that ends, and resumes where it ended', async () => {
    await using service = await createEventService({ sendsWholeAnswers: true });
    const ada = await service.keyOf({ owner: 'ada' });
    const read = async (id = ''): Promise<string> => {
      const answer = await service.as(ada, '/events', { headers: { ...STREAM.headers, 'Last-Event-ID': id } });
      assert.equal(answer.headers.get('content-type'), 'text/event-stream');
      return answer.text();
    };
    const first = await read();
    assert.match(first, /^retry: 5000\n\n:\nid: (\S+)\n\n$/);
    const image = await service.upload(ada);
    await service.change(ada, image, 'sea');
    const next = await read(/id: (\S+)/.exec(first)?.[1]);
    assert.deepEqual(
      [...next.matchAll(/^event: (.*)$/gm)].map(([, type]) => type),
      ['image.ready', 'image.updated'],
    );
    assert.match(next, /\ndata: .*\n\n$/, 'no second cursor after the last event');
    const { body, status } = await service.as(ada, '/events', { method: 'HEAD', ...STREAM });
    assert.deepEqual([body, status], [null, 200]);
  });
});

describe('events in open mode', () => {
  it('are those of the filter', async () => {
    await using service = await createTestService({ environment: { EVENTS: 'on' } });
    const answer = await service.request('/events?user_id=ada', { headers: { 'X-User-Id': 'bob' } });
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(answer.headers.get('vary'), 'Origin, Accept');
  });
});
