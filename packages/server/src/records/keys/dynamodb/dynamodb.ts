import { type ApiKey, USE_INTERVAL_MS } from '../../../domain/access/api-key.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import { type Condition, IS_NEW } from '../../dynamodb/condition.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { apiKeyKey, apiKeysOfPartition, apiKeysPartition } from '../../dynamodb/item-keys.ts';
import type { ItemUpdate } from '../../dynamodb/item-update.ts';
import { BY_OWNER, BY_SHARD } from '../../dynamodb/schema.ts';
import { isNewer, newerRecord, unlessNewer } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { FindKeysQuery, KeyRepository } from '../key-repository.ts';
import { CHANGING, changingOf, idIn, itemOf, keyIn, versionOf } from './key-item.ts';

export interface DynamodbKeyRepositoryOptions {
  readonly observe?: Observer;
}

/** Keys in the table of the images. */
export function createDynamodbKeyRepository(
  table: Table,
  { observe = () => undefined }: DynamodbKeyRepositoryOptions = {},
): KeyRepository {
  /** Lists leave out a record that can't be read, as lists of images do. */
  const readable = (item: Item) => {
    try {
      return [keyIn(item)];
    } catch (error) {
      const reason = error instanceof AppError ? error.detail : String(error);
      observe({ event: 'warning', sentence: `Lists leave out the API key ${idIn(item)}: ${reason}` });
      return [];
    }
  };

  return {
    async create(key) {
      try {
        await table.put(itemOf(key), IS_NEW);
      } catch (error) {
        const [taken] = failedConditions(error) ?? [];
        if (taken?.Item?.['secretHash']?.S !== key.secretHash) throw error; // else our own write, whose answer was lost
      }
    },

    async get(id) {
      const item = await table.get(apiKeyKey(id));
      return item && keyIn(item);
    },

    async replace(from, to) {
      try {
        await table.update(updateOf(from, to, isStill(from)));
        return true;
      } catch (error) {
        const [changed] = failedConditions(error) ?? [];
        if (changed === undefined) throw error;
        requireOlder(changed.Item);
        return changed.Item !== undefined && isSame(changed.Item, changingOf(to)); // our own write, whose answer was lost
      }
    },

    async rotate({ key, ended, successor, superseded }) {
      const writes: Write[] = [
        { put: itemOf(successor), condition: IS_NEW },
        { update: updateOf(key, ended, isStill(key)) },
      ];
      if (superseded) {
        const { key: unused, ended: revoked } = superseded;
        writes.push({ update: updateOf(unused, revoked, and(isStill(unused), 'attribute_not_exists(lastUsedAt)')) });
      }
      try {
        await table.transact(writes, successor.id);
        return true;
      } catch (error) {
        const failed = failedConditions(error);
        if (failed === undefined) throw error;
        const [taken, ...changed] = failed;
        if (taken?.Item) {
          if (taken.Item['secretHash']?.S === successor.secretHash) return true; // our own write, whose answer was lost
          throw error;
        }
        for (const one of changed) requireOlder(one?.Item);
        return false;
      }
    },

    async recordUse(id, at) {
      try {
        await table.update({
          key: apiKeyKey(id),
          set: { lastUsedAt: { N: String(at.getTime()) } },
          remove: [],
          condition: isUnusedBefore(at),
        });
        return true;
      } catch (error) {
        const [failed] = failedConditions(error) ?? [];
        if (failed === undefined) throw error;
        requireOlder(failed.Item);
        return failed.Item !== undefined && failed.Item['revokedAt'] === undefined; // another process recorded one
      }
    },

    async find({ owner, after, limit }) {
      const found: Item[] = [];
      let position: string | undefined = after;
      for (let isLast = false; !isLast && found.length <= limit; ) {
        const page = await table.query(listQuery({ owner, after: position, limit: limit + 1 - found.length }));
        found.push(...page.items);
        position = found.length > 0 ? idIn(found[found.length - 1] ?? {}) : position;
        isLast = page.isLast || page.items.length === 0;
      }
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return { keys: shown.flatMap(readable), next: found.length > limit && last ? idIn(last) : null };
    },
  };
}

type Query = Parameters<Table['query']>[0];

function listQuery({
  owner,
  after,
  limit,
}: Omit<FindKeysQuery, 'after'> & { readonly after: string | undefined }): Query {
  const index = owner === undefined ? BY_SHARD : BY_OWNER;
  const partition = owner === undefined ? apiKeysPartition() : apiKeysOfPartition(owner);
  return {
    IndexName: index.name,
    KeyConditionExpression: `${index.partition} = :partition${after === undefined ? '' : ` AND ${index.sort} < :after`}`,
    ExpressionAttributeValues: {
      ':partition': { S: partition },
      ...(after !== undefined && { ':after': { S: after } }),
    },
    ScanIndexForward: false,
    Limit: limit,
  };
}

const updateOf = (from: ApiKey, to: ApiKey, condition: Condition): ItemUpdate => ({
  key: apiKeyKey(from.id),
  set: { ...versionOf(to), ...changingOf(to) },
  remove: CHANGING.filter((name) => to[name] === null),
  condition,
});

function isStill(key: ApiKey): Condition {
  const changing = changingOf(key);
  return unlessNewer({
    ConditionExpression: [
      'attribute_exists(pk)',
      ...CHANGING.map((name) => (name in changing ? `#${name} = :is_${name}` : `attribute_not_exists(#${name})`)),
    ].join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(CHANGING.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      Object.entries(changing).map(([name, value]) => [`:is_${name}`, value]),
    ),
  });
}

const and = (condition: Condition, expression: string): Condition => ({
  ...condition,
  ConditionExpression: `${condition.ConditionExpression} AND ${expression}`,
});

/** Errors: `unavailable` for a newer version's record. */
function requireOlder(item: Item | undefined): void {
  if (item && isNewer(item)) throw newerRecord(item);
}

const isUnusedBefore = (at: Date): Condition =>
  unlessNewer({
    ConditionExpression:
      'attribute_exists(pk) AND attribute_not_exists(revokedAt) AND (attribute_not_exists(lastUsedAt) OR lastUsedAt <= :before)',
    ExpressionAttributeValues: { ':before': { N: String(at.getTime() - USE_INTERVAL_MS) } },
  });

const isSame = (item: Item, changing: Item): boolean =>
  CHANGING.every((name) => item[name]?.N === changing[name]?.N && item[name]?.S === changing[name]?.S);
