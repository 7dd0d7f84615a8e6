import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { type DefaultLimits, type Limits, UNLIMITED } from '../../../domain/usage/quota.ts';
import { NO_IMAGES } from '../../../domain/usage/status-counts.ts';
import { NO_USAGE } from '../../../domain/usage/usage.ts';
import { ownerItem, usageKey } from '../../dynamodb/item-keys.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createDynamodbImageRepository } from '../../images/dynamodb/dynamodb.ts';
import { NOW } from '../../images/sample-images.fixture.ts';
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

  it('was counted only if the recount knew the limits of all who have limits now', async () => {
    await using testTable = await createTestTable(server.dynamo);
    const of = (prefix: string, pending: number | null = 5) => ({ prefix, limits: { ...UNLIMITED, pending } });
    const isCounted = async (defaults: DefaultLimits) =>
      (await createCountingProcess(testTable, defaults).usage.countedSince()) instanceof Date;
    const recounted = (defaults: DefaultLimits) =>
      createCountingProcess(testTable, defaults).usage.recount(NOW, () => undefined);
    const LIMITED = { ...UNLIMITED, images: 9 };

    await recounted({ ...UNLIMITED, byPrefix: [of('acme:vip:', null), of('acme:')] });
    for (const [isKnown, defaults] of [
      [true, UNLIMITED],
      [true, { ...UNLIMITED, byPrefix: [of('acme:vip:', null), of('acme:', 7)] }],
      [true, { ...UNLIMITED, byPrefix: [of('acme:x:')] }],
      [false, { ...UNLIMITED, byPrefix: [of('acme:')] }],
      [false, { ...UNLIMITED, byPrefix: [of('acme:vip:ada:')] }],
      [false, { ...UNLIMITED, byPrefix: [of('acme')] }],
      [false, LIMITED],
    ] as const)
      assert.equal(await isCounted(defaults), isKnown, JSON.stringify(defaults));

    await recounted(LIMITED);
    for (const defaults of [LIMITED, UNLIMITED, { ...UNLIMITED, byPrefix: [of('acme:')] }])
      assert.equal(await isCounted(defaults), true);
    await recounted({ ...LIMITED, byPrefix: [{ prefix: 'acme:', limits: UNLIMITED }] });
    assert.equal(await isCounted(LIMITED), false);
    await recounted(UNLIMITED);
    assert.equal(await isCounted({ ...UNLIMITED, byPrefix: [of('acme:')] }), false);
  });

  it('stores nothing for an owner without usage who gets the configured limits again', async () => {
    await using testTable = await createTestTable(server.dynamo);
    const { usage } = createCountingProcess(testTable, UNLIMITED);
    await usage.setLimits('ada', null);
    const table = createTable(testTable.client, testTable.name);
    assert.deepEqual(await table.getMany(usageKeysOf('ada'), 'strong'), []);
  });
});
