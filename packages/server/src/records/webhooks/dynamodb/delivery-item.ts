import type { Delivery } from '../../../domain/event/delivery.ts';
import { eventIdOf } from '../../../domain/event/image-event.ts';
import { integer, optionalText, text, time } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import {
  attributesOfKey,
  finishedEventKey,
  finishedPartition,
  finishedSort,
  type ItemKey,
  unfinishedKey,
} from '../../dynamodb/item-keys.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import { deliveredEventIn, deliveredEventJson, lastAttemptIn, lastAttemptJson } from '../stored-webhook.ts';

export const keyOfUnfinished = ({ webhookId, event }: Delivery): ItemKey => unfinishedKey(webhookId, event);
export const keyOfFinished = ({ webhookId, event, eventId }: Delivery): ItemKey => ({
  pk: finishedPartition(webhookId),
  sk: finishedSort(event.at, eventId),
});

export const unfinishedItem = (delivery: Delivery): Item => ({
  ...attributesOfKey(keyOfUnfinished(delivery)),
  ...attributesOf(delivery),
});

/** A finished delivery, and the item by which its event's id leads to it. */
export function finishedItems(delivery: Delivery, forgetAt: Date): readonly [row: Item, byEvent: Item] {
  const { webhookId, eventId } = delivery;
  const ttl = { [TTL_ATTRIBUTE]: { N: String(Math.ceil(forgetAt.getTime() / 1000)) } };
  const key = attributesOfKey(keyOfFinished(delivery));
  return [
    { ...key, ...attributesOf(delivery), ...ttl },
    { ...attributesOfKey(finishedEventKey(webhookId, eventId)), row: key.sk, ...ttl },
  ];
}

/** What an attempt changes. */
export function attemptAttributes({ attempts, dueAt, last }: Pick<Delivery, 'attempts' | 'dueAt' | 'last'>): Item {
  const json = lastAttemptJson(last);
  return {
    attempts: { N: String(attempts) },
    dueAt: { N: String(dueAt.getTime()) },
    ...(json !== null && { last: { S: json } }),
  };
}

const attributesOf = (delivery: Delivery): Item => ({
  event: { S: deliveredEventJson(delivery.event) },
  state: { S: delivery.status },
  createdAt: { N: String(delivery.createdAt.getTime()) },
  ...attemptAttributes(delivery),
});

/** Errors: TypeError. */
export function deliveryIn(webhookId: string, item: Item): Delivery {
  const event = deliveredEventIn(text(item, 'event'));
  return {
    webhookId,
    eventId: eventIdOf(event),
    event,
    status: text(item, 'state') as Delivery['status'],
    attempts: integer(item, 'attempts'),
    dueAt: time(item, 'dueAt'),
    last: lastAttemptIn(optionalText(item, 'last')),
    createdAt: time(item, 'createdAt'),
  };
}
