import { randomUUID } from 'node:crypto';
import type { Observer } from '../../observer/observer.ts';
import type { ImageRepository } from '../image-repository.ts';
import { createUnreadableRecords } from '../unreadable-records.ts';
import { createFind } from './find.ts';
import { createKeyUses } from './key-uses.ts';
import { createRecords } from './records.ts';
import type { Table } from './table.ts';
import { createUpkeep } from './upkeep.ts';

export interface DynamodbImageRepositoryOptions {
  /** How many shards lists over all owners look into. */
  readonly shards: number;
  /** How many of these new images are spread over: fewer while some process doesn't look into all. */
  readonly writtenShards: number;
  /** Whether lists over all owners by tag or type are kept. */
  readonly globalLists: boolean;
  /** Queries that the intersections of one page may make, once each has got anywhere. */
  readonly readBudget?: number;
  readonly observe?: Observer;
}

/** A query of facets takes one unit or two, and as many milliseconds as a round trip does. */
const READ_BUDGET = 64;

/** Image records in DynamoDB, for any number of processes at once. */
export function createDynamodbImageRepository(
  table: Table,
  {
    shards,
    writtenShards,
    globalLists,
    readBudget = READ_BUDGET,
    observe = () => undefined,
  }: DynamodbImageRepositoryOptions,
): ImageRepository {
  const unreadable = createUnreadableRecords(observe);
  const options = { rule: { writtenShards, globalLists }, newWriteId: () => randomUUID(), unreadable };
  return {
    ...createRecords(table, options),
    find: createFind(table, { shards, readBudget, unreadable }),
    ...createKeyUses(table, options),
    ...createUpkeep(table, { shards, unreadable }),
  };
}
