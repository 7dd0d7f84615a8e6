import { setTimeout as delay } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Condition } from './condition.ts';
import { dynamodbFault, failedConditions, isConflict } from './fault.ts';
import type { Item } from './item.ts';
import { attributesOfKey, type ItemKey } from './item-keys.ts';
import { additionInput, type ItemAddition, type ItemUpdate, updateInput } from './item-update.ts';

/** The repository's calls on one table. Conflicts and throttling are retried for some seconds. */
export interface Table {
  get(key: ItemKey): Promise<Item | undefined>;
  /** The existing items, in any order. */
  getMany(keys: readonly ItemKey[], consistency: 'eventual' | 'strong'): Promise<Item[]>;
  query(input: Omit<QueryCommandInput, 'TableName'>): Promise<{ items: readonly Item[]; isLast: boolean }>;
  /** Replaces the whole item. */
  put(item: Item, condition?: Condition): Promise<void>;
  /** Changes only the named attributes. */
  update(update: ItemUpdate): Promise<void>;
  /** Updates an item by the caller's own expressions. Returns the item as it was, if it existed. */
  change(key: ItemKey, input: Condition & { readonly UpdateExpression: string }): Promise<Item | undefined>;
  /** Without a condition nothing happens if there is none. */
  delete(key: ItemKey, condition?: Condition): Promise<void>;
  /** All or nothing. Repeating it with the same token within ten minutes has no effect. */
  transact(writes: readonly Write[], token: string): Promise<void>;
}

export type Write =
  | { readonly put: Item; readonly condition?: Condition }
  | { readonly update: ItemUpdate }
  | { readonly add: ItemAddition }
  | { readonly delete: ItemKey; readonly condition?: Condition }
  | { readonly check: ItemKey; readonly condition: Condition };

/** The maximum of keys in a batch ("Quotas", Amazon DynamoDB Developer Guide). */
const BATCH_KEYS = 100;
/** Concurrent batches of one page of a list. */
const BATCHES_AT_ONCE = 4;

/** A conflict lasts as long as the other transaction: twenty on one item take a few hundred milliseconds. */
const ATTEMPTS = 10;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 640;

export function createTable(client: DynamoDBClient, name: string): Table {
  async function getBatch(keys: readonly ItemKey[], ConsistentRead: boolean): Promise<Item[]> {
    const found: Item[] = [];
    let asked: BatchGetItemCommandInput['RequestItems'] = {
      [name]: { Keys: keys.map(attributesOfKey), ConsistentRead },
    };
    for (let attempt = 1; ; attempt += 1) {
      const answer = await repeated(() => client.send(new BatchGetItemCommand({ RequestItems: asked })));
      found.push(...(answer.Responses?.[name] ?? []));
      const left = answer.UnprocessedKeys ?? {};
      if (!left[name]?.Keys?.length) return found;
      if (attempt === ATTEMPTS) throw dynamodbFault(throttled(name));
      asked = left;
      await pauseAfter(attempt);
    }
  }

  return {
    async get(key) {
      const command = new GetItemCommand({ TableName: name, Key: attributesOfKey(key), ConsistentRead: true });
      return (await repeated(() => client.send(command))).Item;
    },

    async getMany(keys, consistency) {
      const batches = Array.from({ length: Math.ceil(keys.length / BATCH_KEYS) }, (_, n) =>
        keys.slice(n * BATCH_KEYS, (n + 1) * BATCH_KEYS),
      );
      const found: Item[] = [];
      while (batches.length > 0) {
        const next = batches.splice(0, BATCHES_AT_ONCE);
        found.push(...(await Promise.all(next.map((batch) => getBatch(batch, consistency === 'strong')))).flat());
      }
      return found;
    },

    async query(input) {
      const answer = await repeated(() => client.send(new QueryCommand({ TableName: name, ...input })));
      return { items: answer.Items ?? [], isLast: answer.LastEvaluatedKey === undefined };
    },

    async put(item, condition) {
      const command = new PutItemCommand({ TableName: name, Item: item, ...condition, ...TELLING });
      await repeated(() => client.send(command));
    },

    async update(update) {
      const command = new UpdateItemCommand({ TableName: name, ...updateInput(update), ...TELLING });
      await repeated(() => client.send(command));
    },

    async change(key, input) {
      const Key = attributesOfKey(key);
      const command = new UpdateItemCommand({ TableName: name, Key, ...input, ReturnValues: 'ALL_OLD', ...TELLING });
      return (await repeated(() => client.send(command))).Attributes;
    },

    async delete(key, condition) {
      const command = new DeleteItemCommand({ TableName: name, Key: attributesOfKey(key), ...condition });
      await repeated(() => client.send(command));
    },

    async transact(writes, token) {
      const command = new TransactWriteItemsCommand({
        TransactItems: writes.map((write) => actionOf(name, write)),
        ClientRequestToken: token,
      });
      await repeated(() => client.send(command));
    },
  };
}

const TELLING = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

function actionOf(TableName: string, write: Write): TransactWriteItem {
  if ('put' in write) {
    return { Put: { TableName, Item: write.put, ...(write.condition && { ...write.condition, ...TELLING }) } };
  }
  if ('update' in write) return { Update: { TableName, ...updateInput(write.update), ...TELLING } };
  if ('add' in write) return { Update: { TableName, ...additionInput(write.add), ...TELLING } };
  if ('delete' in write) {
    return {
      Delete: {
        TableName,
        Key: attributesOfKey(write.delete),
        ...(write.condition && { ...write.condition, ...TELLING }),
      },
    };
  }
  return { ConditionCheck: { TableName, Key: attributesOfKey(write.check), ...write.condition, ...TELLING } };
}

/** The SDK retries missing answers, 5xx and throttled calls; this retries transactions that met another. */
async function repeated<Output>(call: () => Promise<Output>): Promise<Output> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (failedConditions(error)) throw error;
      if (attempt === ATTEMPTS || !isConflict(error)) throw dynamodbFault(error);
    }
    await pauseAfter(attempt);
  }
}

/** Random, because otherwise the same callers would collide again. */
const pauseAfter = (attempt: number): Promise<void> =>
  delay(Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS));

const throttled = (name: string): Error =>
  Object.assign(new Error(`${name} leaves keys unprocessed`), { name: 'ThrottlingException' });
