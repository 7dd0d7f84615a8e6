import { changedWebhook, type Pause, type Webhook } from '../../domain/event/webhook.ts';
import type { EventServices, Services } from '../../services.ts';
import type { SentMessage } from './send-message.ts';

/** An endpoint that fails for so long is paused. */
const FAILING_MS = 3 * 86_400_000;
/**
 * A failure that lasts is written this often, and when the deliverer has nothing to do: an endpoint that fails now and
 * then costs no writes.
 */
const WRITE_MS = 60_000;

/** How an endpoint answers, as its worker remembers it. */
export interface WebhookHealth {
  /** After an attempt. Returns the webhook if it is changed: it may be paused now. */
  note(webhook: Webhook, sent: Pick<SentMessage, 'outcome' | 'attempt'>): Promise<Webhook>;
  /** Writes since when it fails, if the record says otherwise. */
  settle(webhook: Webhook): Promise<Webhook>;
}

export function createWebhookHealth(
  services: Pick<Services, 'clock' | 'observe'>,
  { webhooks }: Pick<EventServices, 'webhooks'>,
  { failingSince: since }: Pick<Webhook, 'failingSince'>,
): WebhookHealth {
  const { clock } = services;
  let failingSince = since;

  /**
   * Only over the record that the worker knows: it must hear of a change by others (a replay, another address) before
   * it writes. A write that loses is due again after the next attempt.
   */
  const write = async (
    webhook: Webhook,
    fields: Partial<Pick<Webhook, 'paused' | 'failingSince'>>,
  ): Promise<Webhook> => {
    if (webhook.paused) return webhook;
    const to = changedWebhook(webhook, fields, clock.now());
    return (await webhooks.replace(webhook, to)) ? to : webhook;
  };

  const pause = async (webhook: Webhook, why: 'gone' | 'failing'): Promise<Webhook> => {
    const paused: Pause = { why, at: clock.now() };
    const changed = await write(webhook, { paused, failingSince });
    if (changed !== webhook) services.observe({ event: 'webhook-paused', webhookId: webhook.id, why });
    return changed;
  };

  const settle = async (webhook: Webhook): Promise<Webhook> =>
    (failingSince === null) === (webhook.failingSince === null) ? webhook : write(webhook, { failingSince });

  return {
    settle,

    async note(webhook, { outcome, attempt }) {
      if (outcome === 'delivered') {
        failingSince = null;
        return settle(webhook);
      }
      failingSince ??= attempt.at;
      if (outcome === 'gone') return pause(webhook, 'gone');
      const failingMs = clock.now().getTime() - failingSince.getTime();
      if (failingMs >= FAILING_MS) return pause(webhook, 'failing');
      return failingMs >= WRITE_MS ? settle(webhook) : webhook;
    },
  };
}
