import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { type Image, removed, tombstone } from '../../../domain/image/image.ts';
import { type ItemKey, imageKey, keyUseKey, tokenUsesKey } from '../../dynamodb/item-keys.ts';
import { addReady, NOW, sampleKeyUse, samplePending, sampleTokenUse } from '../sample-images.fixture.ts';
import { createDynamodbHarness, type DynamodbHarness } from './dynamodb-harness.fixture.ts';

const DAY_MS = 86_400_000;
/** "Using time to live (TTL)", Amazon DynamoDB Developer Guide: items that expired earlier are never removed. */
const LONGEST_AGO_MS = 5 * 365 * DAY_MS;

/** Dynoxide does not remove items, so the tests check the attribute only. */
describe('the TTL of an item', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('is the last day of a record, and is absent before all work is done', async () => {
    await using harness = await createDynamodbHarness(server.dynamo);
    const ready = await addReady(harness.images);
    assert.equal(await ttlOf(harness, imageKey(ready.id)), undefined);
    const deleted = tombstone(ready, NOW);
    const over = removed(deleted, new Date(NOW.getTime() + DAY_MS));
    for (const [from, to, ttl] of [
      [ready, deleted, undefined],
      [deleted, over, NOW.getTime() + 31 * DAY_MS],
    ] as const satisfies readonly (readonly [Image, Image, number | undefined])[]) {
      assert.equal(await harness.images.replace(from, to), true);
      assert.equal(await ttlOf(harness, imageKey(ready.id)), ttl);
    }
  });

  it('is the expiry of a key use', async () => {
    await using harness = await createDynamodbHarness(server.dynamo);
    const use = sampleKeyUse({ expiresAt: new Date(NOW.getTime() + DAY_MS + 1) });
    const key = keyUseKey(use.userId, use.key);
    await harness.images.useKey(use, NOW);
    assert.equal(await ttlOf(harness, key), NOW.getTime() + DAY_MS + 1_000, 'expected whole seconds, rounded up');
    const done = { ...use, leaseUntil: null, expiresAt: new Date(NOW.getTime() + 2 * DAY_MS) };
    await harness.images.replaceKeyUse(use, done);
    assert.equal(await ttlOf(harness, key), NOW.getTime() + 2 * DAY_MS);
  });

  it('of a freed key is recent enough for DynamoDB to act on it', async () => {
    await using harness = await createDynamodbHarness(server.dynamo);
    const use = sampleKeyUse();
    await harness.images.useKey(use, NOW);
    await harness.images.replaceKeyUse(use, null);
    const ttl = await ttlOf(harness, keyUseKey(use.userId, use.key));
    assert.ok(ttl !== undefined && ttl > NOW.getTime() - LONGEST_AGO_MS, `got ${ttl}`);
    assert.ok(ttl <= use.expiresAt.getTime() + 1_000);
  });

  it('is the last day of the count of a token, from its first use on', async () => {
    await using harness = await createDynamodbHarness(server.dynamo);
    const use = sampleTokenUse({ maxImages: 2, forgetAt: new Date(NOW.getTime() + DAY_MS + 1) });
    for (let n = 0; n < 2; n += 1) {
      assert.equal(await harness.images.create(samplePending(), use), true);
      assert.equal(await ttlOf(harness, tokenUsesKey(use.tokenId)), NOW.getTime() + DAY_MS + 1_000);
    }
  });
});

/** In milliseconds. */
async function ttlOf({ table }: DynamodbHarness, { pk, sk }: ItemKey): Promise<number | undefined> {
  const Key = { pk: { S: pk }, sk: { S: sk } };
  const { Item } = await table.client.send(new GetItemCommand({ TableName: table.name, Key, ConsistentRead: true }));
  const seconds = Item?.['ttl']?.N;
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
