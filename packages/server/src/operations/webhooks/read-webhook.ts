import { AppError } from '../../domain/errors.ts';
import type { Webhook } from '../../domain/event/webhook.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { EventServices } from '../../services.ts';

/** Errors: `webhook-not-found`, also for a text that is no id. */
export async function readWebhook({ webhooks }: Pick<EventServices, 'webhooks'>, id: string): Promise<Webhook> {
  const webhookId = parseWebhookId(id);
  const webhook = webhookId && (await webhooks.get(webhookId));
  if (!webhook) throw webhookNotFound();
  return webhook;
}

/** Webhooks and images have ids of the same form. */
export const parseWebhookId = (id: string): string | undefined => parseImageId(id);

export const webhookNotFound = (): AppError => new AppError('webhook-not-found', 'Webhook not found');
