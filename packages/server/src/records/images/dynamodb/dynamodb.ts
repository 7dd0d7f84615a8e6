import { randomUUID } from 'node:crypto';
import type { Observer } from '../../../observe/observer/observer.ts';
import type { Table } from '../../dynamodb/table.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import type { UsageCounts } from '../../usage/dynamodb/usage-counts.ts';
import type { ImageRepository } from '../image-repository.ts';
import type { ChangeLog } from './change-log.ts';
import { createExternalIds } from './external-ids.ts';
import { createKeyUses } from './key-uses.ts';
import { createFind } from './lists/find.ts';
import { createNewRecords } from './new-records.ts';
import { createRecords } from './records.ts';
import { isUsedUp } from './token-uses.ts';
import { createUpkeep } from './upkeep.ts';

export interface DynamodbImageRepositoryOptions {
  /** The number of shards that lists over all owners read. */
  readonly shards: number;
  /** The number of shards that receive new images: fewer while some process doesn't read all. */
  readonly writtenShards: number;
  /** Whether lists over all owners by tag or type are kept. */
  readonly globalLists: boolean;
  /** The limit of queries for the intersections of one page, once each has made progress. */
  readonly readBudget?: number;
  readonly observe?: Observer;
  /** Counts the usage of each owner. */
  readonly counts?: UsageCounts | undefined;
  /** Logs each change that has an event. */
  readonly changes?: ChangeLog | undefined;
}

const unsearched = () => Promise.reject(new Error('expected a store that searches; got one that does not'));

/** A query of facets costs one or two units, and takes as long as a round trip. */
const READ_BUDGET = 64;

/** Image records in DynamoDB, for any number of concurrent processes. */
export function createDynamodbImageRepository(
  table: Table,
  {
    shards,
    writtenShards,
    globalLists,
    readBudget = READ_BUDGET,
    observe = () => undefined,
    counts,
    changes,
  }: DynamodbImageRepositoryOptions,
): ImageRepository {
  const unreadable = createUnreadableRecords(observe);
  const rule = { writtenShards, globalLists };
  const newWriteId = () => randomUUID();
  const externalIds = createExternalIds(table, unreadable);
  const add = createNewRecords(table, { rule, newWriteId, counts, changes, externalIds });
  const options = { rule, newWriteId, unreadable, counts, changes, externalIds, add };
  return {
    ...createRecords(table, options),
    find: createFind(table, { shards, readBudget, unreadable }),
    searches: false,
    tags: unsearched,
    known: unsearched,

    ordersByCapture: false,

    months: () => Promise.reject(new Error('expected a store with months; got one without')),
    ...createKeyUses(table, options),
    isUsedUp: (tokenUse) => isUsedUp(table, tokenUse),
    ...createUpkeep(table, { shards, unreadable }),
  };
}
