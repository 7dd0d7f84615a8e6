import { invalidField } from '../../domain/errors.ts';
import type { Delivery } from '../../domain/event/delivery.ts';
import { MAX_ADDED } from '../../records/webhooks/webhook-repository.ts';
import type { EventServices, Services } from '../../services.ts';
import { readWebhook } from './read-webhook.ts';

/** The limit of deliveries in one request: it ends within seconds, and waits for no delivery. */
export const MAX_REPLAYED = 1_000;

/** Which deliveries: by the ids of their events, or by the times of these, with both ends. */
export type Replay =
  | { readonly eventIds: readonly string[] }
  | { readonly from: Date; readonly to: Date; readonly status: 'delivered' | 'failed' | undefined };

const PAGE = 500;
/** DynamoDB's pages of one status examine 2,000 rows each: a range with 100,000 of any status is replayed in parts. */
const MAX_PAGES = 50;

/**
 * Delivers finished deliveries again, with new attempts; ids without one are left out. Returns their number. Errors:
 * `webhook-not-found`; `invalid-request` for a range with more than `MAX_REPLAYED`.
 */
export async function replayDeliveries(
  { clock }: Pick<Services, 'clock'>,
  events: Pick<EventServices, 'webhooks'>,
  { id, replay }: { readonly id: string; readonly replay: Replay },
): Promise<number> {
  const { webhooks } = events;
  const webhook = await readWebhook(events, id);
  const eventIds =
    'eventIds' in replay ? [...new Set(replay.eventIds)] : await finishedBetween(webhooks, webhook.id, replay);
  let replayed = 0;
  for (let at = 0; at < eventIds.length; at += MAX_ADDED)
    replayed += await webhooks.replay(webhook.id, eventIds.slice(at, at + MAX_ADDED), clock.now());
  return replayed;
}

/** The oldest first. */
async function finishedBetween(
  webhooks: EventServices['webhooks'],
  id: string,
  { from, to, status }: Extract<Replay, { readonly from: Date }>,
): Promise<readonly string[]> {
  const found: Delivery[] = [];
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { deliveries, next } = await webhooks.deliveries(id, { limit: PAGE, after, status, since: from, until: to });
    found.push(...deliveries.filter((one) => one.status !== 'waiting'));
    if (found.length > MAX_REPLAYED) throw tooMany(`at most ${MAX_REPLAYED} finished deliveries`);
    if (next === null) return found.toReversed().map(({ eventId }) => eventId);
    after = next;
  }
  throw tooMany('fewer deliveries of any status');
}

const tooMany = (expected: string) =>
  invalidField('/from', `expected a range with ${expected}; got more: ask for less of it`);
