import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { type Limits, UNLIMITED } from '../../../domain/usage/quota.ts';
import { NO_IMAGES } from '../../../domain/usage/status-counts.ts';
import { NO_USAGE } from '../../../domain/usage/usage.ts';
import { ownerItem, usageKey } from '../../dynamodb/item-keys.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createDynamodbImageRepository } from '../../images/dynamodb/dynamodb.ts';
import { describeStatusCounts } from '../status-counts.contract.ts';
import { describeUsage, type UsageHarness } from '../usage.contract.ts';
import { createCountingProcess, PLACED } from './counting-process.fixture.ts';
import { additionOf, type Sums, sumsOf, usageKeysOf } from './usage-item.ts';

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createHarness(defaults: Limits): Promise<UsageHarness> {
    const testTable = await createTestTable(server.dynamo);
    const table = createTable(testTable.client, testTable.name);
    const plant = async (userId: string, error: Sums): Promise<void> => {
      await table.put(ownerItem(userId));
      await table.transact([{ add: { key: usageKey(userId), add: additionOf(error) } }], randomUUID());
    };
    return {
      ...createCountingProcess(testTable, defaults),
      uncounted: createDynamodbImageRepository(table, PLACED),
      plant: (userId, error) => plant(userId, sumsOf(error, NO_IMAGES)),
      plantCounts: (userId, error) => plant(userId, sumsOf(NO_USAGE, error)),
      [Symbol.asyncDispose]: () => testTable[Symbol.asyncDispose](),
    };
  }

  describeUsage('DynamoDB', createHarness);
  describeStatusCounts('DynamoDB', createHarness);

  it('stores nothing for an owner without usage who gets the configured limits again', async () => {
    await using testTable = await createTestTable(server.dynamo);
    const { usage } = createCountingProcess(testTable, UNLIMITED);
    await usage.setLimits('ada', null);
    const table = createTable(testTable.client, testTable.name);
    assert.deepEqual(await table.getMany(usageKeysOf('ada'), 'strong'), []);
  });
});
