import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { type EventFilter, shownEvent } from '../../domain/event/event-filter.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import { type Seat, takeSeat } from '../../flow/places.ts';
import type { EventPage } from '../../records/events/event-reader.ts';
import type { EventServices, Services } from '../../services.ts';
import { pageOrExpired, requireEvents, scopedEvents, UNFILTERED } from './event-pages.ts';

export interface FindEventsInput {
  readonly filter: EventFilter;
  /** Where to begin without a cursor. */
  readonly from: 'oldest' | 'now';
  readonly cursor: string | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
  /** If there is no event yet; 0: not at all. */
  readonly waitSeconds: number;
}

export interface FoundEvents {
  readonly events: readonly LoggedEvent[];
  readonly nextCursor: string;
  readonly hasMore: boolean;
}

/**
 * A page of events that match every filter; an empty one after `waitSeconds`, or when too many wait and this is the
 * newest of the payer with most. Errors: `route-not-found`, `invalid-request`, `invalid-cursor`, `cursor-expired`.
 */
export async function findEvents(
  services: Pick<Services, 'events' | 'clock' | 'longPolls'>,
  access: Access,
  { filter: asked, from, cursor, limit, waitSeconds }: FindEventsInput,
  client: Client,
): Promise<FoundEvents> {
  const events = requireEvents(services);
  const { reader, cursors } = events;
  const filter = scopedEvents(access, asked);
  const start = cursor === undefined ? from : cursors.open(cursor, UNFILTERED);
  const waitsUntilMs = services.clock.elapsedMs() + waitSeconds * 1_000;
  const leftMs = (): number => Math.max(waitsUntilMs - services.clock.elapsedMs(), 0);
  let page = await pageOrExpired(events, { from: start, filter, limit });
  if (page.events.length > 0 || waitSeconds === 0) return found(page, filter, events);
  const { signal: leaving } = client;
  using seats = new DisposableStack();
  let seat: Seat | undefined;
  while (page.events.length === 0 && leftMs() > 0 && !leaving.aborted) {
    seat ??= seats.use(takeSeat(services.longPolls, client.payer));
    if (seat.taken.aborted) break;
    const signal = AbortSignal.any([leaving, seat.taken]);
    const head = page.hasMore ? undefined : await reader.wait(page.next, { ms: leftMs(), signal });
    page = await pageOrExpired(events, { from: page.next, filter, limit, head });
  }
  return found(page, filter, events);
}

const found = ({ events, next, hasMore }: EventPage, filter: EventFilter, { cursors }: EventServices): FoundEvents => ({
  events: events.map((event) => shownEvent(filter, event)),
  nextCursor: cursors.seal(next, UNFILTERED),
  hasMore,
});
