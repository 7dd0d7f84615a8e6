import { changedWebhook, rotatedSecrets } from '../../domain/event/webhook.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { EventServices, Services } from '../../services.ts';
import type { WebhookWithSecret } from './create-webhook.ts';
import { readWebhook } from './read-webhook.ts';

/** Messages are signed by the new secret and, for a day, also by the former one. Errors: `webhook-not-found`. */
export async function rotateSecret(
  { clock }: Pick<Services, 'clock'>,
  events: Pick<EventServices, 'webhooks' | 'secrets'>,
  id: string,
): Promise<WebhookWithSecret> {
  const { text, sealed } = events.secrets.make();
  return retryWhileChanged(async () => {
    const from = await readWebhook(events, id);
    const now = clock.now();
    const webhook = changedWebhook(from, { secrets: rotatedSecrets(from.secrets, { sealed, now }) }, now);
    return (await events.webhooks.replace(from, webhook)) ? { webhook, secret: text } : CHANGED;
  });
}
