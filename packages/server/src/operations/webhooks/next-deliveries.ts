import type { Delivery } from '../../domain/event/delivery.ts';
import type { EventPosition } from '../../domain/event/event-position.ts';
import { eventIdOf } from '../../domain/event/image-event.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import { changedWebhook, type Webhook } from '../../domain/event/webhook.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { EventPage, PageAsk } from '../../records/events/event-reader.ts';
import { MAX_ADDED } from '../../records/webhooks/webhook-repository.ts';
import type { EventServices, Services } from '../../services.ts';

/** A position that nothing moves is written this often: one that is as old as the log keeps events is void. */
const REFRESH_MS = 60_000;

/**
 * Up to where the events of a webhook were read, and what the store knows of it: it lags behind where no event was
 * wanted.
 */
export interface Place {
  readonly stored: EventPosition | null;
  readonly read: EventPosition | null;
}

export interface Advanced {
  /** The new ones, and unfinished ones that were there. */
  readonly deliveries: readonly Delivery[];
  readonly place: Place;
  readonly hasMore: boolean;
}

type AdvanceServices = Pick<Services, 'clock' | 'blocked' | 'observe'>;

/**
 * Turns the next events into deliveries, then moves the position: a crash in between repeats events, whose deliveries
 * are there already. undefined: another worker has moved it. Errors: those of the log and the repository.
 */
export async function nextDeliveries(
  services: AdvanceServices,
  events: EventServices,
  { webhook, place, room }: { readonly webhook: Webhook; readonly place: Place; readonly room: number },
): Promise<Advanced | undefined> {
  const { clock, blocked } = services;
  const { webhooks } = events;
  const { page, skippedSince } = await pageAfter(events, webhook, place, Math.min(room, MAX_ADDED));
  const now = clock.now();
  const made = page.events.map((event) => deliveryOf(webhook, event, now));
  const deliveries = made.length > 0 ? await webhooks.addDeliveries(made) : [];
  if (made.length > 0) {
    const users = new Set(page.events.map(({ userId }) => userId));
    for (const userId of users) if (await blocked.isBlocked(userId)) await eraseAgain(events, userId, page);
  }
  const isDue = place.stored === null || now.getTime() - place.stored.issuedAt.getTime() >= REFRESH_MS;
  const rest = { deliveries, hasMore: page.hasMore };
  if (made.length === 0 && !isDue && skippedSince === null)
    return { ...rest, place: { stored: place.stored, read: page.next } };
  if (skippedSince) await noteSkipped(services, events, { id: webhook.id, since: skippedSince });
  if (!(await webhooks.advance(webhook.id, place.stored, page.next))) return undefined;
  return { ...rest, place: { stored: page.next, read: page.next } };
}

/** `skippedSince`: the log had forgotten the place, which was given out then; null: it hadn't. */
async function pageAfter(
  { reader }: EventServices,
  { types, userId, userPrefix }: Webhook,
  { read }: Place,
  limit: number,
): Promise<{ readonly page: EventPage; readonly skippedSince: Date | null }> {
  const filter = { types, userId: userId ?? undefined, userPrefix: userPrefix ?? undefined, imageId: undefined };
  const page = await reader.page({ from: read ?? 'now', filter, limit });
  if (page) return { page: issuedLater(page, read), skippedSince: null };
  const skippedSince = read?.issuedAt ?? null;
  const marked = read && (await pageAfterMark(reader, read, { filter, limit }));
  if (marked) return { page: marked, skippedSince };
  const oldest = await reader.page({ from: 'oldest', filter, limit });
  if (!oldest) throw new Error('expected a page from the beginning of the log; got none');
  return { page: oldest, skippedSince };
}

/**
 * The log lacks events of a process with EVENTS=off, and each position is void until the end of its mark, which is
 * ahead of the clock. The place still holds: it continues as a position of the end of the mark, so that one mark is
 * reported once. null: the place is void, too.
 */
async function pageAfterMark(
  reader: EventServices['reader'],
  read: EventPosition,
  ask: Pick<PageAsk, 'filter' | 'limit'>,
): Promise<EventPage | null> {
  const head = await reader.head();
  const { incompleteUntil: issuedAt } = head;
  if (issuedAt === null || issuedAt <= read.issuedAt) return null;
  const from = { ...read, issuedAt };
  const page = await reader.page({ ...ask, from, head });
  return page && issuedLater(page, from);
}

/**
 * Runs before the position moves: a crash in between repeats the report. The worker learns of its own change from the
 * list.
 */
async function noteSkipped(
  { clock, observe }: AdvanceServices,
  { webhooks }: EventServices,
  { id, since }: { readonly id: string; readonly since: Date },
): Promise<void> {
  const skipped = { at: clock.now(), since };
  await retryWhileChanged(async () => {
    const from = await webhooks.get(id);
    return !from || (await webhooks.replace(from, changedWebhook(from, { skipped }, skipped.at))) || CHANGED;
  });
  observe({ event: 'webhook-skipped', webhookId: id, since });
}

/** A position that was given out later than now stays so. */
const issuedLater = (page: EventPage, from: EventPosition | null): EventPage =>
  from && from.issuedAt > page.next.issuedAt ? { ...page, next: { ...page.next, issuedAt: from.issuedAt } } : page;

const deliveryOf = ({ id: webhookId }: Webhook, event: LoggedEvent, now: Date): Delivery => ({
  webhookId,
  eventId: eventIdOf(event),
  event,
  status: 'waiting',
  attempts: 0,
  dueAt: now,
  last: null,
  createdAt: now,
});

/** The log may have lost a deleted user's events since the page was read: then the deliveries go, too. */
async function eraseAgain({ log, webhooks }: EventServices, userId: string, { events }: EventPage): Promise<void> {
  const one = events.find((event) => event.userId === userId);
  if (!one) return;
  const { shard, sequence } = one;
  const left = await log.read({ shard, after: sequence - 1, until: sequence, limit: 1, userId });
  if (left.events.length === 0) await webhooks.eraseUser(userId);
}
