import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseKey } from '../../src/domain/access/api-key-text.ts';
import { accessOf, OPEN } from '../../src/domain/access/principals.fixture.ts';
import { EVERY_EVENT } from '../../src/domain/event/event-filter.ts';
import type { EventPosition } from '../../src/domain/event/event-position.ts';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { userHashOf } from '../../src/domain/user/user-hash.ts';
import type { RequestDone } from '../../src/observe/observer/observer.ts';
import { followEvents as followAsOperation } from '../../src/operations/events/follow-events.ts';
import { revokeKey } from '../../src/operations/keys/revoke-key.ts';
import { type ListeningService, listen } from '../services/listening-service.ts';
import { json } from '../services/service.ts';
import { answered, mintView } from '../view-tokens/view-client.ts';
import { createEventService, type EventService, type ToldEvent } from './event-service.ts';
import { followEvents, type StreamAsk } from './event-stream-client.ts';

const ids = (events: readonly ToldEvent[]) => events.map(({ event_id }) => event_id);

describe('a stream of events', () => {
  let service: EventService;
  let listening: ListeningService;
  let [ada, bob] = ['', ''];
  const done: RequestDone[] = [];
  before(async () => {
    service = await createEventService({
      observe: (event) => {
        if (event.event === 'request-done' && event.operation === 'readEvents') done.push(event);
      },
    });
    listening = await listen(service);
    [ada, bob] = await Promise.all([service.keyOf({ owner: 'ada' }), service.keyOf({ owner: 'bob' })]);
  });
  after(async () => {
    await listening[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
  });

  const follow = (ask: Omit<StreamAsk, 'address'>) => followEvents({ address: listening.address, ...ask });

  it('gives its place to another payer when all are taken', async () => {
    const { eventStreams } = service.services;
    using first = await follow({ key: ada });
    using second = await follow({ key: ada });
    using others = new DisposableStack();
    for (let n = 0; n < 499; n += 1) {
      const payer = { by: 'address', account: `other ${n}`, member: '' } as const;
      others.use(eventStreams.enter({ payer, giveWay: () => assert.fail('expected the payer with most to give way') }));
    }
    await second.ended;
    await assert.rejects(follow({ key: bob }), /got 429/);
    await service.upload(ada);
    await first.until(() => first.events.length > 0);
  });

  it('shows each of two users its own events, as they come', async () => {
    using ofAda = await follow({ key: ada });
    using ofBob = await follow({ key: bob });
    assert.equal(ofAda.headers['content-type'], 'text/event-stream');
    assert.equal(ofAda.headers['x-accel-buffering'], 'no');
    assert.match(ofAda.text(), /^retry: \d+\n\n/);
    const images = [await service.upload(ada), await service.upload(bob), await service.upload(ada)];
    await ofAda.until(() => ofAda.events.length >= 2);
    await ofBob.until(() => ofBob.events.length >= 1);
    assert.deepEqual(ids(ofAda.events), [`${images[0]}-2`, `${images[2]}-2`]);
    assert.deepEqual(ids(ofBob.events), [`${images[1]}-2`]);
  });

  it('misses nothing and repeats nothing from one connection to the next, each of which breaks', async () => {
    const image = await service.upload(ada);
    const { next_cursor: start } = await service.page(ada, '?from=now');
    const told: string[] = [];
    const cursors: string[] = [];
    let lastId = start;
    for (let round = 0; round < 5; round += 1) {
      const before = service.change(ada, image, `before ${round}`);
      using stream = await follow({ key: ada, lastId });
      await Promise.all([before, service.change(ada, image, `a${round}`), service.change(ada, image, `b${round}`)]);
      await stream.until(() => stream.events.length > 0);
      told.push(...ids(stream.events));
      cursors.push(...stream.cursors);
      lastId = stream.lastId();
    }
    const all = await service.page(ada, `?cursor=${start}&limit=1000`);
    const rest = await service.page(ada, `?cursor=${lastId}&limit=1000`);
    assert.deepEqual([...told, ...ids(rest.events)], ids(all.events));
    assert.equal(all.events.length, 15);
    for (const [index, cursor] of cursors.entries()) {
      const { events } = await service.page(ada, `?cursor=${cursor}&limit=1`);
      assert.deepEqual(ids(events), ids(all.events.slice(index + 1, index + 2)), 'after any one message');
    }
  });

  it('begins at the oldest event if asked to, and filters', async () => {
    const image = await service.upload(ada);
    await service.change(ada, image, 'sun');
    using stream = await follow({ key: ada, query: `?from=oldest&image_id=${image}&type=image.updated` });
    await stream.until(() => stream.events.length > 0);
    assert.deepEqual(ids(stream.events), [`${image}-3`]);
  });

  it('has a place behind what its filter leaves out, so that it resumes there', async () => {
    const [mine, other] = [await service.upload(ada), await service.upload(bob)];
    const input = { from: 'oldest', cursor: undefined, endsWithLog: true } as const;
    const filter = { ...EVERY_EVENT, imageId: parseImageId(mine) };
    const access = accessOf(OPEN, 'readEvents');
    const batches = await followAsOperation(service.services, access, { ...input, filter });
    for await (const { events, cursor } of batches(new AbortController().signal)) {
      const everyone = await service.keyOf({ actsAs: 'everyone' });
      const [last, behind] = await Promise.all(
        [events.at(-1)?.cursor, cursor].map((place) => service.page(everyone, `?cursor=${place}&user_id=bob`)),
      );
      assert.deepEqual(ids(last?.events ?? []), [`${other}-2`]);
      assert.deepEqual(behind?.events, []);
    }
  });

  it('has a heartbeat each fifteen seconds while nothing happens', async () => {
    const events = service.services.events ?? assert.fail('EVENTS is off');
    const waits: number[] = [];
    let elapsedMs = 0;
    const wait = async (_: EventPosition, { ms }: { readonly ms: number }) => {
      waits.push(ms);
      elapsedMs += ms;
      return undefined;
    };
    const services = {
      events: { ...events, reader: { ...events.reader, wait } },
      clock: { ...service.services.clock, elapsedMs: () => elapsedMs },
    };
    const input = { filter: EVERY_EVENT, from: 'now', cursor: undefined, endsWithLog: false } as const;
    const batches = await followAsOperation(services, accessOf(OPEN, 'readEvents'), input);
    const stream = batches(new AbortController().signal);
    for (let heartbeat = 0; heartbeat < 4; heartbeat += 1) await stream.next();
    await stream.return();
    assert.deepEqual(waits, [15_000, 15_000, 15_000]);
  });

  it('ends with its credential: a revoked or expired key, a blocked user', { timeout: 120_000 }, async () => {
    const keys = await Promise.all([
      service.keyOf({ owner: 'eve' }),
      service.keyOf({ owner: 'eve', expiresAt: new Date(service.clock.now().getTime() + 600_000) }),
      service.keyOf({ owner: 'mallory' }),
    ]);
    const streams = await Promise.all([ada, ...keys].map((key) => follow({ key })));
    service.clock.offsetMs += 600_001;
    const [stays, ...others] = streams;
    const startMs = performance.now();
    const { erasures, clock, newId } = service.services;
    await revokeKey(service.services, parseKey(keys[0])?.id ?? '');
    const hashKey = await erasures.addKey('ab'.repeat(32));
    const erasedAt = clock.now();
    const blockedUntil = new Date(erasedAt.getTime() + 3_600_000);
    await erasures.add({ id: newId(), userHash: userHashOf(hashKey, 'mallory'), imageIds: [], erasedAt, blockedUntil });
    await Promise.all(others.map(({ ended }) => ended));
    const seconds = (performance.now() - startMs) / 1_000;
    assert.ok(seconds < 30, `expected at most 10 s, and 20 s more on a busy machine; got ${seconds.toFixed(1)} s`);
    await service.upload(ada);
    await stays?.until(() => stays.events.length > 0);
    stays?.[Symbol.dispose]();
  });

  it('of a view token ends once the tokens of its user are revoked', { timeout: 120_000 }, async () => {
    const [backend, cleo] = [await service.keyOf({ actsAs: 'everyone' }), await service.keyOf({ owner: 'cleo' })];
    const tokenOf = async (user_id: string) => (await mintView(service, backend, { user_id })).token;
    const [ended, stays, ofKey] = await Promise.all(
      [await tokenOf('cleo'), await tokenOf('dan'), cleo].map((key) => follow({ key })),
    );
    const image = await service.upload(cleo);
    await ended?.until(() => ended.events.length > 0);
    assert.deepEqual(ids(ended?.events ?? []), [`${image}-2`]);
    const startMs = performance.now();
    await answered(service.as(backend, '/view-tokens/revoke', json({ user_id: 'cleo' })));
    await ended?.ended;
    const seconds = (performance.now() - startMs) / 1_000;
    assert.ok(seconds < 30, `expected at most 10 s, and 20 s more on a busy machine; got ${seconds.toFixed(1)} s`);

    using again = await follow({ key: await tokenOf('cleo') });
    const next = await service.upload(cleo);
    await again.until(() => again.events.length > 0);
    await ofKey?.until(() => ofKey.events.length > 1);
    assert.deepEqual(ids(again.events), [`${next}-2`]);
    await service.upload(await service.keyOf({ owner: 'dan' }));
    await stays?.until(() => stays.events.length > 0);
    for (const stream of [stays, ofKey]) stream?.[Symbol.dispose]();
  });

  it('is one line in the log, when it has ended', async () => {
    const linesOf = () => done.filter(({ userId }) => userId === 'carol');
    const carol = await service.keyOf({ owner: 'carol' });
    const stream = await follow({ key: carol });
    await service.upload(carol);
    await stream.until(() => stream.events.length > 0);
    assert.deepEqual(linesOf(), []);
    stream[Symbol.dispose]();
    while (linesOf().length === 0) await nextTurn();
    assert.deepEqual(
      linesOf().map(({ outcome, status }) => [outcome, status]),
      [['aborted', 200]],
    );
  });
});
