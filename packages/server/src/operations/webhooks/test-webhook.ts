import type { EventServices, Services } from '../../services.ts';
import { readWebhook } from './read-webhook.ts';
import { type SentMessage, sendMessage } from './send-message.ts';
import { messageWith } from './signed-message.ts';

/** The type of a message that tells of nothing. */
export const TEST_TYPE = 'webhook.test';

/**
 * Sends a message now, also to a paused webhook, and records nothing. Errors: `webhook-not-found`; the reason of
 * `signal`.
 */
export async function testWebhook(
  { clock, newId }: Pick<Services, 'clock' | 'newId'>,
  events: EventServices,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal },
): Promise<SentMessage> {
  const webhook = await readWebhook(events, id);
  const facts = { id: `test-${newId()}`, type: TEST_TYPE, at: clock.now(), subject: webhook.id };
  const message = messageWith({ ...facts, data: { webhook_id: webhook.id } }, events);
  return sendMessage({ ...events, clock }, { webhook, message, client: events.outbound, signal });
}
