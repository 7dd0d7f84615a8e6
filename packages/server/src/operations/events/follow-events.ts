import type { Access } from '../../domain/access/policy.ts';
import { type EventFilter, shownEvent } from '../../domain/event/event-filter.ts';
import type { EventPosition } from '../../domain/event/event-position.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import { type EventPage, positionAfter } from '../../records/events/event-reader.ts';
import type { EventServices, Services } from '../../services.ts';
import { pageOrExpired, requireEvents, scopedEvents, UNFILTERED } from './event-pages.ts';
import type { FindEventsInput } from './find-events.ts';

/** Some events, in order, or none to show that the connection lives. */
export interface EventBatch {
  readonly events: readonly {
    readonly event: LoggedEvent;
    /** From which the next event follows. */
    readonly cursor: string;
  }[];
  /**
   * After all of them, and all that the filter left out. The last event's own if that is the same place: no two cursors
   * are alike.
   */
  readonly cursor: string;
}

/** Proxies end a connection that is silent for 30 s or more. */
const HEARTBEAT_MS = 15_000;
/** The events of one batch: about 40 KB of text, which a slow reader may leave in memory. */
const BATCH_EVENTS = 100;

export interface FollowEventsInput extends Pick<FindEventsInput, 'filter' | 'from' | 'cursor'> {
  /** Ends with what exists now, at most 1,000 events; otherwise it continues. */
  readonly endsWithLog: boolean;
}

/**
 * The events that match every filter, as they come, until the signal aborts or the position becomes void; the first
 * batch comes at once. Errors: those of `findEvents`, before the first batch.
 */
export async function followEvents(
  services: Pick<Services, 'events' | 'clock'>,
  access: Access,
  { filter: asked, from, cursor, endsWithLog }: FollowEventsInput,
): Promise<(signal: AbortSignal) => AsyncGenerator<EventBatch, void>> {
  const events = requireEvents(services);
  const { elapsedMs } = services.clock;
  const filter = scopedEvents(access, asked);
  const start = cursor === undefined ? from : events.cursors.open(cursor, UNFILTERED);
  const limit = endsWithLog ? 1_000 : BATCH_EVENTS;
  const first = await pageOrExpired(events, { from: start, filter, limit });

  return async function* batches(signal) {
    yield batchOf(first, filter, events);
    if (endsWithLog) return;
    let toldMs = elapsedMs();
    for (let page: EventPage | null = first; page; ) {
      const ms = Math.max(toldMs + HEARTBEAT_MS - elapsedMs(), 0);
      const head = page.hasMore ? undefined : await events.reader.wait(page.next, { ms, signal });
      if (signal.aborted) return;
      const from: EventPosition = page.next;
      page = await events.reader.page({ from, filter, limit, head: head ?? events.reader.lastLook(from) });
      if (!page || (page.events.length === 0 && elapsedMs() - toldMs < HEARTBEAT_MS)) continue;
      yield batchOf(page, filter, events);
      toldMs = elapsedMs();
    }
  };
}

function batchOf({ events, start, next }: EventPage, filter: EventFilter, { cursors }: EventServices): EventBatch {
  let position = start;
  const told = events.map((event) => {
    position = positionAfter(position, event);
    return { event: shownEvent(filter, event), cursor: cursors.seal(position, UNFILTERED) };
  });
  const last = told.at(-1)?.cursor;
  const isAtLast = position.sequences.every((sequence, shard) => sequence === next.sequences[shard]);
  return { events: told, cursor: last !== undefined && isAtLast ? last : cursors.seal(next, UNFILTERED) };
}
