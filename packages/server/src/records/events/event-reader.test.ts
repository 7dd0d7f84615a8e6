import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EVERY_EVENT, type EventFilter } from '../../domain/event/event-filter.ts';
import type { EventPosition } from '../../domain/event/event-position.ts';
import { eventIdOf } from '../../domain/event/image-event.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import { createEventReader, type EventPage, type EventReader, positionAfter } from './event-reader.ts';
import { createMemoryEventLog } from './memory-event-log.fixture.ts';

const SHARDS = 3;
const NEVER = new AbortController().signal;

function opened(shards = SHARDS) {
  const log = createMemoryEventLog(shards);
  let now = new Date('2026-11-26T12:00:00Z');
  const clock = { now: () => now, elapsedMs: () => performance.now() };
  const later = (ms: number): void => {
    now = new Date(now.getTime() + ms);
  };
  return { log, later, reader: createEventReader({ log, days: 7, clock }) };
}

async function pageOf(reader: EventReader, from: EventPosition | 'oldest' | 'now', limit = 4, filter = EVERY_EVENT) {
  const page = await reader.page({ from, filter, limit });
  assert.ok(page, 'expected a page; got a void position');
  return page;
}

async function all(reader: EventReader, filter: EventFilter, limit = 4): Promise<LoggedEvent[]> {
  const found: LoggedEvent[] = [];
  for (let page: EventPage | undefined; page === undefined || page.hasMore; ) {
    page = await pageOf(reader, page?.next ?? 'oldest', limit, filter);
    assert.ok(page.events.length <= limit, `expected at most ${limit} events; got ${page.events.length}`);
    found.push(...page.events);
  }
  return found;
}

const ids = (events: readonly LoggedEvent[]) => events.map(eventIdOf);

/** 60 events, most of them in the first shard, of three users. */
function filled() {
  const parts = opened();
  const events = Array.from({ length: 60 }, (_, n) =>
    parts.log.add(n % 10 < 8 ? 0 : (n % 2) + 1, {
      userId: ['ada', 'bob', 'eve'][n % 3] ?? '',
      type: n % 5 === 0 ? 'image.deleted' : 'image.ready',
    }),
  );
  return { ...parts, events };
}

describe('pages of events', () => {
  it('hold every event once, each shard in its order, whatever their size', async () => {
    const { reader, events } = filled();
    for (const limit of [1, 4, 7, 1_000]) {
      const found = await all(reader, EVERY_EVENT, limit);
      assert.deepEqual(ids(found).toSorted(), ids(events).toSorted());
      for (let shard = 0; shard < SHARDS; shard += 1) {
        const of = (some: readonly LoggedEvent[]) => ids(some.filter((one) => one.shard === shard));
        assert.deepEqual(of(found), of(events), `shard ${shard}, limit ${limit}`);
      }
    }
  });

  it('hold what matches the filter alone, and go on behind the rest', async () => {
    const { reader, events } = filled();
    const of = (keep: (event: LoggedEvent) => boolean) => ids(events.filter(keep)).toSorted();
    const found = async (filter: Partial<EventFilter>) =>
      ids(await all(reader, { ...EVERY_EVENT, ...filter })).toSorted();
    assert.deepEqual(
      await found({ userId: 'bob' }),
      of(({ userId }) => userId === 'bob'),
    );
    assert.deepEqual(
      await found({ types: ['image.deleted'] }),
      of(({ type }) => type === 'image.deleted'),
    );
    const imageId = events[33]?.imageId;
    assert.deepEqual(
      await found({ imageId }),
      of((event) => event.imageId === imageId),
    );
    const nobody = await pageOf(reader, 'oldest', 4, { ...EVERY_EVENT, userId: 'nobody' });
    assert.deepEqual([nobody.events, nobody.hasMore], [[], false]);
  });

  it('let other work run between them, also of a store that answers at once', async () => {
    const { reader } = filled();
    const filter = { ...EVERY_EVENT, types: ['image.held'] as const };
    let turns = 0;
    const other = setImmediate(function work() {
      turns += 1;
      setImmediate(work).unref();
    });
    let page = await pageOf(reader, 'oldest', 1, filter);
    for (let nth = 0; nth < 5; nth += 1)
      page = await pageOf(reader, { ...page.start, issuedAt: page.next.issuedAt }, 1, filter);
    clearImmediate(other);
    assert.ok(turns >= 5, `expected a turn for others with each page; got ${turns} with 6 pages`);
  });

  it('continue after any one event of a page', async () => {
    const { reader, events } = filled();
    const { start, events: first } = await pageOf(reader, 'oldest', 9);
    let position = start;
    for (const [index, event] of first.entries()) {
      position = positionAfter(position, event);
      const rest = await pageOf(reader, position, 1_000);
      assert.equal(rest.events.length, events.length - index - 1);
      assert.ok(!ids(rest.events).includes(eventIdOf(event)));
    }
  });

  it('begin at what the log has kept', async () => {
    const { reader, log } = filled();
    log.change({ forgotten: [40, 0, 5] });
    const { events } = await pageOf(reader, 'oldest', 1_000);
    assert.ok(events.every(({ shard, sequence }) => sequence > ([40, 0, 5][shard] ?? 0)));
  });
});

describe('a position', () => {
  const voidAfter = async (change: (parts: ReturnType<typeof filled>) => void): Promise<boolean> => {
    const parts = filled();
    const { next } = await pageOf(parts.reader, 'oldest');
    assert.ok(await parts.reader.page({ from: next, filter: EVERY_EVENT, limit: 1 }));
    change(parts);
    return (await parts.reader.page({ from: next, filter: EVERY_EVENT, limit: 1 })) === null;
  };
  const DAY_MS = 86_400_000;

  it('is void if it is of another log, too old, or the log lacks events after it', async () => {
    assert.ok(await voidAfter(({ log }) => log.change({ log: 'ffffffffffffffff' })), 'another log');
    assert.ok(await voidAfter(({ later }) => later(7 * DAY_MS + 1)), 'too old');
    assert.ok(await voidAfter(({ log }) => log.change({ incompleteUntil: new Date('2026-11-26T12:00:01Z') })));
    assert.ok(await voidAfter(({ log }) => log.change({ forgotten: [20, 0, 0] })), 'forgotten');
    assert.ok(await voidAfter(({ log }) => log.change({ sequences: [0, 0, 0] })), 'above the head');
    assert.ok(
      await voidAfter(({ log }) => log.change({ sequences: [60], forgotten: [0] })),
      'another number of shards',
    );
  });

  it('is good for as long as the log keeps events', async () => {
    assert.ok(!(await voidAfter(({ later }) => later(7 * DAY_MS))));
    assert.ok(!(await voidAfter(({ log }) => log.change({ incompleteUntil: new Date('2026-11-26T12:00:00Z') }))));
  });
});

describe('readers that wait', () => {
  it('share one look at the head, and one read of what is new', async () => {
    const { reader, log } = opened();
    const { next } = await pageOf(reader, 'now');
    const waitAgain = (from: EventPosition) => reader.wait(from, { ms: 60_000, signal: NEVER });
    const first = Array.from({ length: 50 }, () => waitAgain(next));
    log.add(0);
    await Promise.all(first); // a watch begins, so these read for themselves
    const { next: second } = await pageOf(reader, 'now');
    const before = { ...log.reads };
    const others = Array.from({ length: 50 }, async () => {
      const head = await waitAgain(second);
      return reader.page({ from: second, filter: EVERY_EVENT, limit: 10, head });
    });
    const event = log.add(1);
    for (const page of await Promise.all(others)) assert.deepEqual(ids(page?.events ?? []), ids([event]));
    assert.equal(log.reads.slices - before.slices, 1);
    assert.ok(log.reads.heads - before.heads < 10, `expected a few looks; got ${log.reads.heads - before.heads}`);
  });

  it('leave a reader that is far behind to its own reads', async () => {
    const { reader, log } = opened();
    const all = [log.add(0), log.add(1)];
    for (const shard of [0, 1]) {
      const { next } = await pageOf(reader, 'now');
      const waits = reader.wait(next, { ms: 60_000, signal: NEVER });
      all.push(log.add(shard));
      const head = await waits; // memory has the newest event now
      const page = await reader.page({ from: 'oldest', filter: EVERY_EVENT, limit: 10, head });
      assert.deepEqual(new Set(ids(page?.events ?? [])), new Set(ids(all)));
    }
  });

  it('end without an event at their time, and when they are called off', async () => {
    const { reader } = opened();
    const { next } = await pageOf(reader, 'now');
    assert.equal(await reader.wait(next, { ms: 1, signal: NEVER }), undefined);
    const leaving = new AbortController();
    const waits = reader.wait(next, { ms: 60_000, signal: leaving.signal });
    leaving.abort();
    assert.equal(await waits, undefined);
    assert.equal(await reader.wait(next, { ms: 60_000, signal: leaving.signal }), undefined);
  });

  it('look outside the trace of the reader that came first, who may have gone', async () => {
    const { reader, log } = opened();
    const { next } = await pageOf(reader, 'now');
    const traces = new AsyncLocalStorage<string>();
    const looked: unknown[] = [];
    const { head } = log;
    log.head = () => {
      looked.push(traces.getStore());
      return head();
    };
    await traces.run('the trace of a request', () => reader.wait(next, { ms: 1, signal: NEVER }));
    while (looked.length === 0) await reader.wait(next, { ms: 1, signal: NEVER });
    assert.deepEqual(new Set(looked), new Set([undefined]));
  });

  it('survive a look that fails', async () => {
    const { reader, log } = opened();
    const { next } = await pageOf(reader, 'now');
    const { head } = log;
    const failed = Promise.withResolvers<void>();
    log.head = async () => {
      failed.resolve();
      throw new Error('away');
    };
    const waits = reader.wait(next, { ms: 60_000, signal: NEVER });
    await failed.promise;
    log.head = head;
    log.add(2);
    assert.deepEqual((await waits)?.sequences, [0, 0, 1]);
  });

  it('leave the log alone once nobody waits', async () => {
    const { reader, log } = opened();
    const { next } = await pageOf(reader, 'now');
    await reader.wait(next, { ms: 1, signal: NEVER });
    while (process.getActiveResourcesInfo().includes('Timeout')) await nextTurn(); // the watch ends at its next look
    assert.ok(log.reads.heads < 10, `expected a few looks; got ${log.reads.heads}`);
  });
});
