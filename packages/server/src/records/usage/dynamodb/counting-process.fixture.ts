import type { TestTable } from '../../../../../../test/servers/table.ts';
import type { DefaultLimits } from '../../../domain/usage/quota.ts';
import { createDynamodbCoordination } from '../../coordination/dynamodb/dynamodb.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createDynamodbImageRepository } from '../../images/dynamodb/dynamodb.ts';
import type { ImageRepository } from '../../images/image-repository.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import type { UsageRepository } from '../usage-repository.ts';
import { createRecounts } from './recounts.ts';
import { createDynamodbUsage } from './usage.ts';
import { createUsageCounts } from './usage-counts.ts';

export const PLACED = { shards: 3, writtenShards: 3, globalLists: true };

/**
 * What one of several processes on a table believes of owners and recounts. Its recounts wait for writes under way, and
 * for no other process.
 */
export function createCountingProcess(
  { client, name }: Pick<TestTable, 'client' | 'name'>,
  defaults: DefaultLimits,
  elapsedMs = () => performance.now(),
): { readonly images: ImageRepository; readonly usage: UsageRepository } {
  const table = createTable(client, name);
  const recounts = createRecounts(table);
  const counts = createUsageCounts(table, { defaults, recounts, elapsedMs });
  const unreadable = createUnreadableRecords(() => undefined);
  const { shards } = PLACED;
  const leases = createDynamodbCoordination(table);
  return {
    images: createDynamodbImageRepository(table, { ...PLACED, counts }),
    usage: createDynamodbUsage(table, {
      ...{ defaults, isCounting: true, shards, leases, counts, recounts, unreadable, noticedMs: 150 },
    }),
  };
}
