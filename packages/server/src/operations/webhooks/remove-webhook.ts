import type { EventServices } from '../../services.ts';
import { parseWebhookId, webhookNotFound } from './read-webhook.ts';

/** With its deliveries: unfinished ones aren't tried again. Errors: `webhook-not-found`. */
export async function removeWebhook({ webhooks }: Pick<EventServices, 'webhooks'>, id: string): Promise<void> {
  const webhookId = parseWebhookId(id);
  if (webhookId === undefined || !(await webhooks.remove(webhookId))) throw webhookNotFound();
}
