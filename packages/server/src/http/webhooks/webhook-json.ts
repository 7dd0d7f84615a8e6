import type { Delivery, DeliveryAttempt } from '../../domain/event/delivery.ts';
import { ALBUM_CHANGED } from '../../domain/event/image-event.ts';
import { signingSecrets, type Webhook } from '../../domain/event/webhook.ts';
import type { WebhookWithSecret } from '../../operations/webhooks/create-webhook.ts';

/** A webhook as admins see it: never its secrets, sealed or not. */
export const webhookJson = (webhook: Webhook, now: Date) => ({
  webhook_id: webhook.id,
  url: webhook.url,
  types: webhook.types.length > 0 ? webhook.types : null,
  user_id: webhook.userId,
  ...(webhook.userPrefix !== null && { user_prefix: webhook.userPrefix }),
  paused: webhook.paused && { why: webhook.paused.why, at: webhook.paused.at.toISOString() },
  failing_since: webhook.failingSince?.toISOString() ?? null,
  skipped: webhook.skipped && {
    at: webhook.skipped.at.toISOString(),
    since: webhook.skipped.since.toISOString(),
  },
  former_secrets_until: signingSecrets(webhook.secrets, now).flatMap(({ until }) => until?.toISOString() ?? []),
  created_at: webhook.createdAt.toISOString(),
  updated_at: webhook.updatedAt.toISOString(),
});

/** The only answers with a secret. */
export const webhookWithSecretJson = ({ webhook, secret }: WebhookWithSecret, now: Date) => ({
  ...webhookJson(webhook, now),
  secret,
});

export const attemptJson = ({ at, httpStatus, durationMs, answer }: DeliveryAttempt) => ({
  at: at.toISOString(),
  status: httpStatus,
  duration_ms: Math.round(durationMs),
  answer,
});

export const deliveryJson = ({ eventId, event, status, attempts, dueAt, last, createdAt }: Delivery) => ({
  event_id: eventId,
  type: event.type,
  ...(event.type === ALBUM_CHANGED ? { album_id: event.imageId } : { image_id: event.imageId }),
  user_id: event.userId,
  revision: event.revision,
  event_time: event.at.toISOString(),
  status,
  attempts,
  next_attempt_at: status === 'waiting' ? dueAt.toISOString() : null,
  last_attempt: last && attemptJson(last),
  created_at: createdAt.toISOString(),
});
