import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable, type TestTable } from '../../../../../../test/servers/table.ts';
import { trash } from '../../../domain/image/image.ts';
import type { Limits } from '../../../domain/usage/quota.ts';
import { NO_IMAGES } from '../../../domain/usage/status-counts.ts';
import { imageKey, sharedKey, usageKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, rawItem, removeAttribute } from '../../dynamodb/raw-item.fixture.ts';
import { NOW, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { createCountingProcess } from './counting-process.fixture.ts';
import { RECOUNT } from './recounts.ts';

/** A service that counts has limits: QUOTA_PENDING has a default. */
const LIMITS: Limits = { bytes: null, images: null, pending: 1_000 };
const ALL = { tags: [], tagMode: 'all', order: 'newest', limit: 10 } as const;
const EXACT = { ...NO_IMAGES, pending: 1, ready: 1, trashed: 1 };

describe('a table that an earlier version of the service counted', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Three images of one owner, as that version counted them: without their states. */
  async function createFormerTable(): Promise<TestTable> {
    const table = await createTestTable(server.dynamo);
    const { images, usage } = createCountingProcess(table, LIMITS);
    await usage.setCounted(NOW);
    const [one, other, third] = [samplePending(), samplePending(), samplePending()];
    for (const image of [one, other, third]) await images.create(image);
    await images.replace(one, samplePublished(one));
    await images.replace(other, samplePublished(other));
    await images.replace(samplePublished(other), trash(samplePublished(other), NOW, NOW));
    for (const sum of ['readyImages', 'trashedImages']) await removeAttribute(table, usageKey('ada'), sum);
    await removeAttribute(table, sharedKey('usage'), 'byStatus');
    await giveAttributes(table, sharedKey('usage'), { limited: { BOOL: true } });
    return table;
  }

  /** Whether that version takes the table for one that is counted, and begins to count. */
  const isCountedForFormer = async (table: TestTable): Promise<boolean> => {
    const item = (await rawItem(table, sharedKey('usage'))) ?? {};
    return 'since' in item && item['limited']?.BOOL === true;
  };

  const standing = async (table: TestTable) => {
    const { usage } = createCountingProcess(table, LIMITS);
    const { usage: used, byStatus } = await usage.usageOf('ada');
    return { since: await usage.countedSince(), images: used.images, pending: used.pending, byStatus };
  };
  const USED = { since: NOW, images: 2, pending: 1 };

  it('keeps its usage, and has counts by status after a recount by this one', async () => {
    await using table = await createFormerTable();
    assert.deepEqual(await standing(table), { ...USED, byStatus: undefined });
    assert.equal(await isCountedForFormer(table), true);
    const { usage } = createCountingProcess(table, LIMITS);
    await usage.recount(NOW, () => assert.fail('expected nothing to repair'));
    assert.deepEqual((await usage.usageOf('ada')).byStatus, EXACT);
    assert.deepEqual(await standing(table), { ...USED, byStatus: EXACT });
    assert.equal(await isCountedForFormer(table), false, 'expected that an earlier version refuses to start');
  });

  it('has no counts by status any more once that version has recounted it, until the next one by this one', async () => {
    await using table = await createFormerTable();
    await createCountingProcess(table, LIMITS).usage.recount(NOW, () => undefined);
    await giveAttributes(table, sharedKey('usage'), { limited: { BOOL: true } }); // what its recount writes at its end
    await removeAttribute(table, usageKey('ada'), 'trashedImages');
    assert.deepEqual(await standing(table), { ...USED, byStatus: undefined });
    await createCountingProcess(table, LIMITS).usage.recount(NOW, () => undefined);
    assert.deepEqual(await standing(table), { ...USED, byStatus: EXACT });
  });

  it('is recounted from the beginning if a recount by that version has died, also after one by this version', async () => {
    await using table = await createFormerTable();
    const { images, usage } = createCountingProcess(table, LIMITS);
    const { images: found } = await images.find({ status: 'ready', userId: 'ada', ...ALL });
    const [ready] = found;
    assert.ok(ready);
    const [name, S] = [RECOUNT, 'r0123456'];
    for (const _ of ['counted by that version', 'counted by this version']) {
      for (const key of [sharedKey('usage'), imageKey(ready.id)]) await giveAttributes(table, key, { [name]: { S } });
      await giveAttributes(table, usageKey('ada'), { [`${S}_images`]: { N: '1' }, [`${S}_held`]: { N: '1' } });
      await usage.recount(NOW, () => assert.fail('expected nothing to repair'));
      assert.deepEqual(await standing(table), { ...USED, byStatus: EXACT });
    }
  });

  it('is recounted from the beginning if a recount by this version has died, to which that version may have added', async () => {
    await using table = await createFormerTable();
    const { images, usage } = createCountingProcess(table, LIMITS);
    const { images: found } = await images.find({ status: 'ready', userId: 'ada', ...ALL });
    const [ready] = found;
    assert.ok(ready);
    const S = 's0123456';
    for (const key of [sharedKey('usage'), imageKey(ready.id)]) await giveAttributes(table, key, { [RECOUNT]: { S } });
    await giveAttributes(table, usageKey('ada'), { [`${S}_images`]: { N: '1' } });
    await usage.recount(NOW, () => assert.fail('expected nothing to repair'));
    assert.deepEqual(await standing(table), { ...USED, byStatus: EXACT });
  });

  it('forgets its counts by status when a process that does not count starts', async () => {
    await using table = await createFormerTable();
    const { usage } = createCountingProcess(table, LIMITS);
    await usage.recount(NOW, () => undefined);
    await usage.setCounted(null);
    assert.deepEqual(await standing(table), { ...USED, since: undefined, byStatus: undefined });
  });
});
