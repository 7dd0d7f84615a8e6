import { randomUUID } from 'node:crypto';
import type { Observer } from '../../../observe/observer/observer.ts';
import type { Table } from '../../dynamodb/table.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import { createMonthCounts } from '../../usage/dynamodb/month-counts.ts';
import { readMonths } from '../../usage/dynamodb/month-reads.ts';
import type { UsageCounts } from '../../usage/dynamodb/usage-counts.ts';
import type { ImageRepository } from '../image-repository.ts';
import type { ChangeLog } from './change-log.ts';
import { createGenerations, type Generations } from './generations.ts';
import { createKeyUses } from './key-uses.ts';
import { createFind } from './lists/find.ts';
import { createNewRecords } from './new-records.ts';
import { createPlaces } from './places.ts';
import { createPlacing } from './placing.ts';
import { createRecords } from './records.ts';
import { createTakenIds } from './taken-ids.ts';
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
  /** Whether the table has the index of lists by capture; absent: it has. */
  readonly hasCaptureIndex?: boolean;
  readonly generations?: Generations;
  /** How long until every process knows that a walk for lists by capture has begun; absent: long enough. */
  readonly noticedMs?: number | undefined;
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
    hasCaptureIndex = true,
    generations = createGenerations(table),
    noticedMs,
    observe = () => undefined,
    counts,
    changes,
  }: DynamodbImageRepositoryOptions,
): ImageRepository {
  const unreadable = createUnreadableRecords(observe);
  const rule = { writtenShards, globalLists };
  const newWriteId = () => randomUUID();
  const takenIds = createTakenIds(table, unreadable);
  const months = createMonthCounts(generations);
  const add = createNewRecords(table, { rule, newWriteId, counts, months, changes, takenIds });
  const place = createPlacing(table, { generations, months, unreadable });
  const options = { rule, newWriteId, unreadable, counts, months, changes, takenIds, add, place };
  return {
    ...createRecords(table, options),
    find: createFind(table, { shards, readBudget, unreadable, place }),
    searches: false,
    tags: unsearched,
    known: unsearched,

    ...createPlaces({ hasCaptureIndex, generations, place, noticedMs }),
    months: (query) => readMonths(table, generations, query),
    ...createKeyUses(table, options),
    isUsedUp: (tokenUse) => isUsedUp(table, tokenUse),
    ...createUpkeep(table, { shards, unreadable }),
  };
}
