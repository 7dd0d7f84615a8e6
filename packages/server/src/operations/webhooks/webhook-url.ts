import { invalidField } from '../../domain/errors.ts';
import { MAX_WEBHOOK_URL_LENGTH } from '../../domain/event/webhook.ts';
import type { EventServices } from '../../services.ts';

/** The URL as it will be asked. Errors: `invalid-request`, which doesn't repeat it: its path may be a secret. */
export async function webhookUrl({ urlFault }: Pick<EventServices, 'urlFault'>, given: string): Promise<string> {
  const fault = await urlFault(given);
  if (fault !== undefined) throw invalidField('/url', `expected ${fault.expected}; got ${fault.got}`);
  const { href } = new URL(given);
  if (href.length <= MAX_WEBHOOK_URL_LENGTH) return href;
  throw invalidField(
    '/url',
    `expected a URL of at most ${MAX_WEBHOOK_URL_LENGTH} characters, percent-encoded; got ${href.length}`,
  );
}
