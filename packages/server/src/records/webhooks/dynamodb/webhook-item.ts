import type { Webhook } from '../../../domain/event/webhook.ts';
import { integer, optionalText, text } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, webhookKey } from '../../dynamodb/item-keys.ts';
import { isNewer, newerRecord, VERSIONED, VERSIONED_BY_PREFIX } from '../../dynamodb/schema-version.ts';
import { positionJson, webhookIn as storedWebhook, webhookJson } from '../stored-webhook.ts';

export const itemOf = (webhook: Webhook): Item => ({
  ...attributesOfKey(webhookKey(webhook.id)),
  ...changingOf(webhook),
  ...(webhook.position && { position: { S: positionJson(webhook.position) } }),
});

/** The attributes that `replace` writes: the position has writes of its own. */
export const changingOf = (webhook: Webhook): Item => ({
  ...(webhook.userPrefix === null ? VERSIONED : VERSIONED_BY_PREFIX),
  webhook: { S: webhookJson(webhook) },
  version: { N: String(webhook.version) },
});

/** Errors: `unavailable` for a newer version's record; TypeError. */
export function webhookIn(item: Item): Webhook {
  if (isNewer(item)) throw newerRecord(item);
  const webhook = storedWebhook(text(item, 'webhook'), optionalText(item, 'position'));
  return { ...webhook, version: integer(item, 'version') }; // `replay` raises the attribute alone
}

/** Whether the item of the webhooks' partition is a webhook. */
export const isWebhook = (item: Item): boolean => 'webhook' in item;
