import { optionalInteger } from '../../../records/dynamodb/attributes.ts';
import { createDynamodbClient } from '../../../records/dynamodb/client.ts';
import { sharedKey } from '../../../records/dynamodb/item-keys.ts';
import { createTable, type Table } from '../../../records/dynamodb/table.ts';
import type { Secrets } from '../../../run/config/config.ts';
import type { DynamodbConfig } from '../../../run/config/dynamodb-config.ts';
import type { Mode } from '../make-right.ts';
import { type Backfilled, type BackfillOptions, backfill } from './backfill.ts';
import { tableFault } from './table-fault.ts';

export interface BackfillTableOptions extends Pick<BackfillOptions, 'onProgress'> {
  readonly dynamodb: DynamodbConfig;
  readonly awsKeys: Secrets['awsKeys'];
  readonly mode: Mode;
}

/** Completes the facets of a table's images. Errors: `unavailable`, with a sentence that says how to repair it. */
export async function backfillTable({ dynamodb, awsKeys, ...options }: BackfillTableOptions): Promise<Backfilled> {
  const client = await createDynamodbClient({ ...dynamodb, credentials: awsKeys });
  try {
    const table = createTable(client, dynamodb.table);
    const shards = Math.max(dynamodb.shards, await writtenShards(table));
    return await backfill({ table, shards, globalLists: dynamodb.globalLists, ...options });
  } catch (error) {
    throw tableFault(error, dynamodb);
  } finally {
    client.destroy();
  }
}

/** The number of shards that the table's services have written, as recorded. */
const writtenShards = async (table: Table): Promise<number> =>
  optionalInteger((await table.get(sharedKey('shards'))) ?? {}, 'written') ?? 0;
