import { randomUUID } from 'node:crypto';
import { MAX_WEBHOOKS, MAX_WEBHOOKS_BY_PREFIX, type Webhook } from '../../../domain/event/webhook.ts';
import { text, time } from '../../dynamodb/attributes.ts';
import { type Condition, EXISTS, IS_NEW } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import {
  attributesOfKey,
  type ItemKey,
  removedWebhookKey,
  WEBHOOKS,
  webhookCountKey,
  webhookKey,
} from '../../dynamodb/item-keys.ts';
import { rowsBetween } from '../../dynamodb/rows-between.ts';
import { unlessNewer } from '../../dynamodb/schema-version.ts';
import type { Table } from '../../dynamodb/table.ts';
import { positionJson } from '../stored-webhook.ts';
import type { WebhookRepository } from '../webhook-repository.ts';
import { createDynamodbDeliveries } from './deliveries.ts';
import { changingOf, itemOf, webhookIn } from './webhook-item.ts';

export interface DynamodbWebhookRepositoryOptions {
  /** How many days the log keeps an event: finished deliveries are kept a day longer. */
  readonly days: number;
  readonly clock: { now(): Date };
  /** Rows that one page with a filter looks at. */
  readonly lookedAt?: number;
  /** Deliveries of removed webhooks that one round of `forget` removes. */
  readonly removedRows?: number;
}

/**
 * Webhooks in one partition of the images' table, and the deliveries of each in two: unfinished ones, in the order of
 * the log, and finished ones, until their TTL. All reads are of the table itself and strongly consistent.
 */
export function createDynamodbWebhookRepository(
  table: Table,
  { days, clock, lookedAt, removedRows = REMOVED_ROWS }: DynamodbWebhookRepositoryOptions,
): WebhookRepository {
  const deliveries = createDynamodbDeliveries(table, { days, lookedAt });
  const below = (prefix: string) => rowsBetween(table, WEBHOOKS.partition, { from: prefix, to: `${prefix}${BEHIND}` });
  const list = () => Array.fromAsync(below(WEBHOOKS.webhooks), webhookIn);
  const removed = () =>
    Array.fromAsync(below(WEBHOOKS.removed), (item) => ({
      id: text(item, 'sk').slice(WEBHOOKS.removed.length),
      at: time(item, 'removedAt'),
    }));

  async function remove(id: string): Promise<boolean> {
    const item = await table.get(webhookKey(id));
    if (!item) return false;
    const removedAt = { N: String(clock.now().getTime()) };
    const writes = [
      { delete: webhookKey(id), condition: EXISTS },
      ...countsOf(webhookIn(item)).map(({ key, name }) => ({ add: { key, add: { [name]: -1 } } })),
      { put: { ...attributesOfKey(removedWebhookKey(id)), removedAt } },
    ];
    if (!(await isWritten(table.transact(writes, randomUUID())))) return false;
    await deliveries.removeUnfinished(id); // so that none is tried again; `forget` removes those that another process adds meanwhile
    return true;
  }

  return {
    ...deliveries.ofOne,

    async create(webhook) {
      const writes = [
        { put: itemOf(webhook), condition: IS_NEW },
        ...countsOf(webhook).map(({ key, name, most }) => ({
          add: { key, add: { [name]: 1 }, condition: isBelow(name, most) },
        })),
      ];
      return isWritten(table.transact(writes, randomUUID()));
    },

    async get(id) {
      const item = await table.get(webhookKey(id));
      return item && webhookIn(item);
    },

    list,

    async replace(from, to) {
      const condition = isOfVersion(from.version);
      return isWritten(table.update({ key: webhookKey(from.id), set: changingOf(to), remove: [], condition }));
    },

    remove,

    async advance(id, from, to) {
      const condition = from === null ? HAS_NO_POSITION : isAt(positionJson(from));
      const set = { position: { S: positionJson(to) } };
      return isWritten(table.update({ key: webhookKey(id), set, remove: [], condition }));
    },

    async replay(id, eventIds, now) {
      const add = { key: webhookKey(id), add: { version: 1 }, condition: EXISTS };
      const raise = () => isWritten(table.transact([{ add }], randomUUID()));
      if (!(await raise())) return 0; // before the rows as well: a process that dies between them and the other one leaves a sign
      const replayed = await deliveries.replay(id, eventIds, now);
      await raise();
      return replayed;
    },

    async eraseUser(userId) {
      for (const webhook of await list()) if (webhook.userId === userId) await remove(webhook.id);
      let erased = 0;
      for (const { id } of [...(await list()), ...(await removed())]) erased += await deliveries.eraseUser(id, userId);
      return erased;
    },

    async forget(before) {
      let left = removedRows;
      for (const { id, at } of await removed()) {
        left -= await deliveries.removeSome(id, left);
        if (left === 0) return;
        if (at < before) await table.transact([{ delete: removedWebhookKey(id) }], randomUUID());
      }
    },
  };
}

/** 20,000 items at most, a hundred in each transaction: some seconds, and 40,000 written units. */
const REMOVED_ROWS = 10_000;

/** Sorts after every id. */
const BEHIND = '~';

const COUNT = { pk: WEBHOOKS.partition, sk: WEBHOOKS.count };

interface Count {
  readonly key: ItemKey;
  readonly name: string;
  readonly most: number;
}

/** Those that a webhook is part of, each with its limit. Its prefix never changes. */
const countsOf = ({ userPrefix }: Webhook): readonly Count[] =>
  userPrefix === null
    ? [{ key: COUNT, name: 'webhooks', most: MAX_WEBHOOKS }]
    : [
        { key: webhookCountKey(userPrefix), name: 'webhooks', most: MAX_WEBHOOKS },
        { key: COUNT, name: 'byPrefix', most: MAX_WEBHOOKS_BY_PREFIX },
      ];

const isBelow = (name: string, most: number): Condition => ({
  ConditionExpression: `attribute_not_exists(${name}) OR ${name} < :most`,
  ExpressionAttributeValues: { ':most': { N: String(most) } },
});

const isOfVersion = (version: number): Condition =>
  unlessNewer({
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': { N: String(version) } },
  });

const HAS_NO_POSITION: Condition = {
  ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(#position)',
  ExpressionAttributeNames: { '#position': 'position' },
};

const isAt = (position: string): Condition => ({
  ConditionExpression: '#position = :position',
  ExpressionAttributeNames: { '#position': 'position' },
  ExpressionAttributeValues: { ':position': { S: position } },
});
