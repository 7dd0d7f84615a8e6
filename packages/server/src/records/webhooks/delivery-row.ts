import type { Delivery } from '../../domain/event/delivery.ts';
import { eventIdOf } from '../../domain/event/image-event.ts';
import type { Row } from '../images/image-row.ts';
import { deliveredEventIn, lastAttemptIn } from './stored-webhook.ts';

/** In the order of `deliveryOf`. */
export const DELIVERY_COLUMNS = ['webhook_id', 'event', 'status', 'attempts', 'due_at', 'last', 'created_at'] as const;

/** Parses a row of `DELIVERY_COLUMNS`. */
export function deliveryOf([webhookId, json, status, attempts, dueAt, last, createdAt]: Row): Delivery {
  const event = deliveredEventIn(String(json));
  return {
    webhookId: String(webhookId),
    eventId: eventIdOf(event),
    event,
    status: status as Delivery['status'],
    attempts: Number(attempts),
    dueAt: new Date(Number(dueAt)),
    last: lastAttemptIn(typeof last === 'string' ? last : null),
    createdAt: new Date(Number(createdAt)),
  };
}
