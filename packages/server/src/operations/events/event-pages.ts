import { seesEveryone, userOf, viewOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import { EVERY_EVENT, type EventFilter, VIEWED_EVENTS } from '../../domain/event/event-filter.ts';
import type { EventPage, PageAsk } from '../../records/events/event-reader.ts';
import type { EventServices, Services } from '../../services.ts';

/** Cursors hold for any filter. */
export const UNFILTERED = '';

/** Errors: `route-not-found` unless `EVENTS` is on. */
export function requireEvents({ events }: Pick<Services, 'events'>): EventServices {
  if (events) return events;
  throw new AppError('route-not-found', 'expected a service that logs events; got one without: EVENTS is off');
}

/**
 * A credential reads the events of the user that it acts for. In open mode the filter alone decides. Errors:
 * `invalid-request`.
 */
export function scopedEvents(access: Access, filter: EventFilter): EventFilter {
  if (access.principal.kind === 'open') return filter;
  const view = viewOf(access);
  if (view) return { ...viewedOnly(filter), userId: view.userId, viewer: { seesMetadata: view.showsMetadata } };
  const userId = userOf(access);
  if (userId !== null) return { ...filter, userId };
  if (seesEveryone(access)) return filter;
  const detail = 'expected a user, since this credential acts for some users only; got none';
  throw invalidField('?user_id', detail, { reason: 'no-user' });
}

function viewedOnly(filter: EventFilter): EventFilter {
  const other = filter.types.find((type) => !VIEWED_EVENTS.some((viewed) => viewed === type));
  if (other === undefined) return filter;
  const expected = `${VIEWED_EVENTS.slice(0, -1).join(', ')} or ${VIEWED_EVENTS.at(-1)}`;
  throw invalidField('?type', `expected ${expected}, since a view token follows ready images; got ${other}`);
}

/** Errors: `cursor-expired` for a void position, with a cursor of the oldest event. */
export async function pageOrExpired(events: EventServices, ask: PageAsk): Promise<EventPage> {
  const page = await events.reader.page(ask);
  if (page) return page;
  const detail = `expected a cursor of the last ${events.days} days, with all events after it in the log; got one without: start again at params.oldest_cursor`;
  throw new AppError('cursor-expired', detail, { params: { oldest_cursor: await oldestCursor(events) } });
}

async function oldestCursor({ reader, cursors }: EventServices): Promise<string | undefined> {
  const page = await reader.page({ from: 'oldest', filter: EVERY_EVENT, limit: 1 });
  return page ? cursors.seal(page.start, UNFILTERED) : undefined;
}
