import { AppError } from '../../domain/errors.ts';
import type { EventType } from '../../domain/event/image-event.ts';
import { MAX_WEBHOOKS, MAX_WEBHOOKS_BY_PREFIX, type Webhook } from '../../domain/event/webhook.ts';
import type { EventServices, Services } from '../../services.ts';
import { webhookUrl } from './webhook-url.ts';

export interface WebhookTerms {
  readonly url: string;
  /** Empty: all types. */
  readonly types: readonly EventType[];
  /** null: of all users. */
  readonly userId: string | null;
  /** Not with `userId`; null: of all users. */
  readonly userPrefix: string | null;
}

/** A webhook whose secret was just made: only now its text is known. */
export interface WebhookWithSecret {
  readonly webhook: Webhook;
  readonly secret: string;
}

/**
 * The webhook receives events from now on. Errors: `invalid-request` for a URL that may not be asked; `user-erased`;
 * `too-many-webhooks`.
 */
export async function createWebhook(
  { blocked, clock, newId }: Pick<Services, 'blocked' | 'clock' | 'newId'>,
  events: EventServices,
  terms: WebhookTerms,
): Promise<WebhookWithSecret> {
  const { webhooks, secrets, log } = events;
  const url = await webhookUrl(events, terms.url);
  if (terms.userId !== null) await blocked.requireUnblocked(terms.userId);
  const { log: logId, sequences } = await log.head();
  const now = clock.now();
  const { text, sealed } = secrets.make();
  const webhook: Webhook = {
    ...terms,
    id: newId(),
    url,
    secrets: [{ sealed, until: null }],
    paused: null,
    position: { log: logId, issuedAt: new Date(Math.floor(now.getTime() / 1_000) * 1_000), sequences },
    failingSince: null,
    skipped: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
  if (await webhooks.create(webhook)) return { webhook, secret: text };
  throw tooMany(terms);
}

function tooMany({ userPrefix }: WebhookTerms): AppError {
  const detail =
    userPrefix === null
      ? `expected fewer than ${MAX_WEBHOOKS} webhooks; got ${MAX_WEBHOOKS}: remove one first`
      : `expected fewer than ${MAX_WEBHOOKS} webhooks for this prefix, and ${MAX_WEBHOOKS_BY_PREFIX} for all prefixes; got as many: remove one first`;
  return new AppError('too-many-webhooks', detail, { params: { limit: MAX_WEBHOOKS } });
}
