import type { DynamoEndpoint } from '../../../../../../test/servers/dynamo-endpoint.ts';
import { createTable as createTestTable, type TestTable } from '../../../../../../test/servers/table.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { imageKey, sharedKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, removeAttribute } from '../../dynamodb/raw-item.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import type { ImageRepositoryHarness } from '../image-repository.contract.ts';
import { createDynamodbImageRepository, type DynamodbImageRepositoryOptions } from './dynamodb.ts';

export interface DynamodbHarness extends ImageRepositoryHarness {
  readonly table: TestTable;
}

/** A repository in a new table. */
export async function createDynamodbHarness(
  dynamo: DynamoEndpoint,
  options: Partial<DynamodbImageRepositoryOptions> = {},
): Promise<DynamodbHarness> {
  const table = await createTestTable(dynamo);
  const events: ServiceEvent[] = [];
  const observe = (event: ServiceEvent) => void events.push(event);
  return {
    table,
    images: createDynamodbImageRepository(createTable(table.client, table.name), { ...DEFAULTS, observe, ...options }),
    forgets: 'by itself',
    events,
    spoil: (id) => removeAttribute(table, imageKey(id), 'metadata'),
    [Symbol.asyncDispose]: () => table[Symbol.asyncDispose](),
  };
}

/** One with lists by capture, and months, as after a walk. */
export async function createServedHarness(
  ...given: Parameters<typeof createDynamodbHarness>
): Promise<DynamodbHarness> {
  const harness = await createDynamodbHarness(...given);
  await giveAttributes(harness.table, sharedKey('capture'), { serving: { N: '1' } });
  return harness;
}

const DEFAULTS: DynamodbImageRepositoryOptions = { shards: 3, writtenShards: 3, globalLists: true };
