import { randomUUID } from 'node:crypto';
import type { ImageId } from '../image/image-id.ts';
import type { Delivery } from './delivery.ts';
import { eventIdOf } from './image-event.ts';
import type { LoggedEvent } from './logged-event.ts';
import type { Webhook } from './webhook.ts';

export const MADE_AT = new Date('2026-11-26T12:00:00Z');

export const after = (seconds: number): Date => new Date(MADE_AT.getTime() + seconds * 1000);

/** Ids of webhooks sort by creation. */
let made = 0;

export const sampleWebhook = (fields: Partial<Webhook> = {}): Webhook => ({
  id: `01998877-0000-7000-8000-${String(made++).padStart(12, '0')}`,
  url: 'https://example.com/hooks',
  types: [],
  userId: null,
  userPrefix: null,
  secrets: [{ sealed: 'c2VhbGVk', until: null }],
  paused: null,
  position: null,
  failingSince: null,
  skipped: null,
  createdAt: MADE_AT,
  updatedAt: MADE_AT,
  version: 1,
  ...fields,
});

/** With a value in each optional field. */
export const fullWebhook = (): Webhook =>
  sampleWebhook({
    types: ['image.ready'],
    userId: 'a#%23',
    paused: { why: 'gone', at: after(1) },
    failingSince: after(2),
    skipped: { at: after(3), since: after(4) },
    secrets: [
      { sealed: 'bmV3', until: null },
      { sealed: 'b2xk', until: after(5) },
    ],
  });

export const sampleEvent = (fields: Partial<LoggedEvent> = {}): LoggedEvent => ({
  type: 'image.ready',
  imageId: randomUUID() as ImageId,
  userId: 'ada',
  revision: 2,
  status: 'ready',
  code: null,
  changed: [],
  at: MADE_AT,
  shard: 0,
  sequence: 1,
  ...fields,
});

export const sampleDelivery = (
  { id: webhookId }: Pick<Webhook, 'id'>,
  event: LoggedEvent,
  fields: Partial<Delivery> = {},
): Delivery => ({
  webhookId,
  eventId: eventIdOf(event),
  event,
  status: 'waiting',
  attempts: 0,
  dueAt: MADE_AT,
  last: null,
  createdAt: MADE_AT,
  ...fields,
});
