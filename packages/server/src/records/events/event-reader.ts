import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { type EventFilter, isSelective, isWanted } from '../../domain/event/event-filter.ts';
import type { EventPosition } from '../../domain/event/event-position.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import { outsideTraces } from '../../flow/outside-traces.ts';
import type { EventLog, EventSlice, LogHead } from './event-log.ts';
import { mergeShards } from './merge-shards.ts';
import { createRecentEvents } from './recent-events.ts';
import { isVoid } from './void-position.ts';

/*
 * One event, with `EVENTS=on`. domain/event/image-event.ts derives it from a record before and after a change.
 *
 * 1. The change. The adapter writes the event in the transaction that writes the record: on SQLite a row of the log
 *    (sqlite/event-writes.ts), on PostgreSQL a row of one of 8 shards (postgres/event-writes.ts), on DynamoDB an entry
 *    in the outbox of one of 8 shards (dynamodb/changes.ts).
 * 2. The mover (DynamoDB; operations/upkeep/move-events.ts, in the worker). Under the lease of a shard
 *    dynamodb/mover.ts gives the entries the next numbers, writes each into its owner's partition, raises the head of
 *    the shard, and then empties the outbox.
 * 3. This file reads rows up to the heads, for pages with `wait=` (operations/events/find-events.ts) and streams
 *    (operations/events/follow-events.ts, http/events/event-stream.ts). One look at the heads serves all who wait in
 *    the process.
 * 4. A webhook (operations/webhooks/deliver-webhooks.ts, in the worker). Under the webhook's lease next-deliveries.ts
 *    makes deliveries of the next events and moves the webhook's place. Of each image the first unfinished delivery is
 *    signed (signed-message.ts) and sent through outbound/ (send-message.ts).
 */

/** Rows of a shard that one page examines, where a filter leaves some out. */
const MAX_EXAMINED = 1_000;

/** Reads the log for everyone in this process: while some wait, one of them looks at the head for all. */
export interface EventReader {
  head(): Promise<LogHead>;

  /** null: the position is void, because events after it may be missing. Errors: those of a read. */
  page(ask: PageAsk): Promise<EventPage | null>;

  /**
   * The head, once it is past the position; undefined after `ms`, and as soon as the signal aborts. A look that fails
   * is repeated. New events are read from the store once for all who wait.
   */
  wait(
    position: EventPosition,
    options: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<LogHead | undefined>;

  /**
   * The head as of the last look, while some wait; undefined: there was none that lately, or it was before the
   * position.
   */
  lastLook(position: EventPosition): LogHead | undefined;
}

export interface PageAsk {
  readonly from: EventPosition | 'oldest' | 'now';
  readonly filter: EventFilter;
  /** 1 to 1,000. */
  readonly limit: number;
  /** The head that `wait` or `lastLook` returned; undefined: it is read. */
  readonly head?: LogHead | undefined;
}

export interface EventPage {
  /** At most `limit`, of each image in the order of its revisions. There may be none, and yet more. */
  readonly events: readonly LoggedEvent[];
  /** Before the first event. */
  readonly start: EventPosition;
  /** After the last event, and all that the filter left out before it. */
  readonly next: EventPosition;
  readonly hasMore: boolean;
}

/** The position once the event was read too. */
export const positionAfter = (position: EventPosition, { shard, sequence }: LoggedEvent): EventPosition => ({
  ...position,
  sequences: position.sequences.with(shard, sequence),
});

export interface EventReaderOptions {
  readonly log: EventLog;
  readonly days: number;
  readonly clock: { now(): Date; elapsedMs(): number };
}

export function createEventReader({ log, days, clock }: EventReaderOptions): EventReader {
  const recent = createRecentEvents(log, clock.elapsedMs);
  const waiting = new Set<Waiter>();
  let isWatching = false;
  let latest: LogHead | undefined;

  function startOf(from: PageAsk['from'], head: LogHead): EventPosition | undefined {
    const now = clock.now();
    if (from === 'oldest') return { log: head.log, issuedAt: now, sequences: head.forgotten };
    if (from === 'now') return { log: head.log, issuedAt: now, sequences: head.sequences };
    return isVoid(from, head, { now, days }) ? undefined : { ...from, issuedAt: now };
  }

  /** The wanted events of each shard, up to where all were read. */
  async function slicesAfter(start: EventPosition, head: LogHead, ask: PageAsk): Promise<EventSlice[]> {
    const { filter, limit } = ask;
    const known = recent.after(start, head)?.filter((event) => isWanted(filter, event));
    if (known)
      return head.sequences.map((through, shard) => ({ events: known.filter((one) => one.shard === shard), through }));
    await turn(); // SQLite reads at once: who reads page after page of what nobody wants would let no other request run
    const only = filter.imageId && log.shardOf(filter.imageId);
    const isBehind = (shard: number): boolean =>
      (start.sequences[shard] ?? 0) < (head.sequences[shard] ?? 0) && (only === undefined || only === shard);
    const behind = head.sequences.keys().filter(isBehind).toArray().length;
    const rows = isSelective(filter) ? MAX_EXAMINED : Math.ceil(limit / Math.max(behind, 1));
    return Promise.all(
      head.sequences.map(async (until, shard) => {
        if (!isBehind(shard)) return { events: [], through: until };
        const after = start.sequences[shard] ?? 0;
        const { events, through } = await log.read({ shard, after, until, limit: rows, userId: filter.userId });
        return { events: events.filter((event) => isWanted(filter, event)), through };
      }),
    );
  }

  async function watch(): Promise<void> {
    for (;;) {
      await delay(log.lookMs);
      if (waiting.size === 0) break;
      const head = await log.head().catch(() => undefined); // the store's own watch has told
      latest = head;
      if (!head) continue;
      await recent.lookAt(head).catch(() => recent.forget());
      for (const waiter of waiting)
        if (isPast(head, waiter.position) && !isBefore(head, waiter.position)) waiter.wake(head);
    }
    recent.forget();
    latest = undefined;
    isWatching = false;
  }

  return {
    head: () => log.head(),

    async page(ask) {
      const head = ask.head ?? (await log.head());
      const start = startOf(ask.from, head);
      if (!start) return null;
      const slices = await slicesAfter(start, head, ask);
      const events = mergeShards(slices.map((slice) => slice.events)).slice(0, ask.limit);
      const taken = new Set(events);
      const sequences = slices.map(({ events: found, through }) => {
        const left = found.find((event) => !taken.has(event));
        return left ? left.sequence - 1 : through;
      });
      const next = { ...start, sequences };
      return { events, start, next, hasMore: isPast(head, next) };
    },

    lastLook: (position) => (latest && !isBefore(latest, position) ? latest : undefined),

    async wait(position, { ms, signal }) {
      const { promise, resolve } = Promise.withResolvers<LogHead | undefined>();
      const waiter = { position, wake: resolve };
      const end = (): void => resolve(undefined);
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      waiting.add(waiter);
      if (!isWatching) {
        isWatching = true;
        void outsideTraces(watch); // it continues for other readers
      }
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        waiting.delete(waiter);
      }
    },
  };
}

interface Waiter {
  readonly position: EventPosition;
  readonly wake: (head: LogHead) => void;
}

/** A position of another log is void, and its reader learns that at once. */
const isPast = (head: LogHead, { log, sequences }: EventPosition): boolean =>
  log !== head.log || head.sequences.some((last, shard) => last > (sequences[shard] ?? 0));

/** A look that began before the position was given out may end after it. */
const isBefore = (head: LogHead, { log, sequences }: EventPosition): boolean =>
  log === head.log && sequences.some((sequence, shard) => sequence > (head.sequences[shard] ?? 0));
