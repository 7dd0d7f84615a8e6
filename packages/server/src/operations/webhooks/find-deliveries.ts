import type { Delivery } from '../../domain/event/delivery.ts';
import type { EventServices } from '../../services.ts';
import { readWebhook } from './read-webhook.ts';

export interface FindDeliveriesInput {
  readonly id: string;
  /** undefined: of any. */
  readonly status: Delivery['status'] | undefined;
  readonly cursor: string | undefined;
  readonly limit: number;
}

export interface FoundDeliveries {
  readonly deliveries: readonly Delivery[];
  readonly nextCursor: string | null;
}

/** A page of a webhook's deliveries, the latest event first. Errors: `webhook-not-found`, `invalid-cursor`. */
export async function findDeliveries(
  events: Pick<EventServices, 'webhooks' | 'deliveryCursors'>,
  { id, status, cursor, limit }: FindDeliveriesInput,
): Promise<FoundDeliveries> {
  const webhook = await readWebhook(events, id);
  const filters = JSON.stringify([webhook.id, status]);
  const after = cursor === undefined ? undefined : events.deliveryCursors.open(cursor, filters);
  const { deliveries, next } = await events.webhooks.deliveries(webhook.id, {
    limit,
    after,
    status,
    since: undefined,
    until: undefined,
  });
  return { deliveries, nextCursor: next === null ? null : events.deliveryCursors.seal(next, filters) };
}
