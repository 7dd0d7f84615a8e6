import { invalidField } from '../../domain/errors.ts';
import { changedWebhook, type Webhook } from '../../domain/event/webhook.ts';
import { isSameJson } from '../../domain/image/same-json.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { EventServices, Services } from '../../services.ts';
import type { WebhookTerms } from './create-webhook.ts';
import { readWebhook } from './read-webhook.ts';
import { webhookUrl } from './webhook-url.ts';

/** undefined: stays as it is. */
export type WebhookChange = {
  readonly [Term in keyof Omit<WebhookTerms, 'userPrefix'>]: WebhookTerms[Term] | undefined;
} & { readonly isPaused: boolean | undefined };

/**
 * Several changes at once each succeed, one after another; one that changes nothing writes nothing. Errors:
 * `webhook-not-found`, `invalid-request`, `user-erased`.
 */
export async function changeWebhook(
  { blocked, clock }: Pick<Services, 'blocked' | 'clock'>,
  events: EventServices,
  { id, change }: { readonly id: string; readonly change: WebhookChange },
): Promise<Webhook> {
  const url = change.url === undefined ? undefined : await webhookUrl(events, change.url);
  if (change.userId) await blocked.requireUnblocked(change.userId);
  return retryWhileChanged(async () => {
    const from = await readWebhook(events, id);
    if (from.userPrefix !== null && change.userId)
      throw invalidField('/user_id', 'expected none, since the webhook is for a prefix of users; got one');
    if (change.isPaused === false && from.position === null) await beginNow(events, id, clock.now());
    const fields = changesOf(from, { ...change, url }, clock.now());
    if (Object.keys(fields).length === 0) return from;
    const to = changedWebhook(from, fields, clock.now());
    return (await events.webhooks.replace(from, to)) ? to : CHANGED;
  });
}

/**
 * A restored webhook has no place: it gets one before it is resumed, so that no event is lost until a worker sees it.
 */
async function beginNow({ log, webhooks }: EventServices, id: string, issuedAt: Date): Promise<void> {
  const { log: logId, sequences } = await log.head();
  await webhooks.advance(id, null, { log: logId, issuedAt, sequences });
}

/** Another address, or an end of the pause, begins the count of failed days anew. */
function changesOf(from: Webhook, { url, types, userId, isPaused }: WebhookChange, now: Date): Partial<Webhook> {
  const isMoved = url !== undefined && url !== from.url;
  const isResumed = isPaused === false && from.paused !== null;
  return {
    ...(isMoved && { url }),
    ...(types !== undefined && !isSameJson(types, from.types) && { types }),
    ...(userId !== undefined && userId !== from.userId && { userId }),
    ...(isPaused === true && from.paused === null && { paused: { why: 'asked', at: now } }),
    ...(isResumed && { paused: null }),
    ...((isMoved || isResumed) && { failingSince: null }),
  };
}
