import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { type Image, removed, tombstone } from '../../../domain/image/image.ts';
import { duePartition, imageKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, NEWER } from '../../dynamodb/raw-item.fixture.ts';
import { BY_DUE_TIME } from '../../dynamodb/schema.ts';
import { createTable, type Table } from '../../dynamodb/table.ts';
import { NOW, samplePending } from '../sample-images.fixture.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';

const OPTIONS = { shards: 1, writtenShards: 1, globalLists: true };
const REMOVAL = { lane: 'removal', shard: 0 } as const;
const LATER = new Date(NOW.getTime() + 86_400_000);

/** Freezes the index of due records in its current state, as if it lagged behind all later writes. */
async function withIndexAsItIs(table: Table): Promise<Table> {
  const { items: index } = await table.query({
    IndexName: BY_DUE_TIME.name,
    KeyConditionExpression: `${BY_DUE_TIME.partition} = :partition`,
    ExpressionAttributeValues: { ':partition': { S: duePartition(REMOVAL.shard, REMOVAL.lane) } },
  });
  return {
    ...table,
    async query(input) {
      if (input.IndexName !== BY_DUE_TIME.name) return table.query(input);
      const { ':first': first, ':now': last } = input.ExpressionAttributeValues ?? {};
      const sortOf = (item: Record<string, { S?: string | undefined }>) => item[BY_DUE_TIME.sort]?.S ?? '';
      const all = index.filter((item) => sortOf(item) >= (first?.S ?? '') && sortOf(item) <= (last?.S ?? ''));
      const items = all.slice(0, input.Limit);
      return { items, isLast: items.length === all.length };
    },
  };
}

describe('due records', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('are found behind many records of a newer version with few reads', async () => {
    await using own = await createTestTable(server.dynamo);
    const table = createTable(own.client, own.name);
    const images = createDynamodbImageRepository(table, OPTIONS);
    const ours: Image[] = [];
    for (let n = 0; n < 50; n += 1) {
      const pending = samplePending();
      const gone = tombstone(pending, new Date(NOW.getTime() + n * 1_000));
      assert.ok((await images.create(pending)) && (await images.replace(pending, gone)));
      if (n < 6 || n > 40) ours.push(gone);
      else await giveAttributes(own, imageKey(gone.id), NEWER);
    }
    let reads = 0;
    const getMany: Table['getMany'] = (...asked) => {
      reads += 1;
      return table.getMany(...asked);
    };
    const counted = createDynamodbImageRepository({ ...table, getMany }, OPTIONS);
    assert.deepEqual(await counted.due(LATER, 7, REMOVAL), ours.slice(0, 7));
    assert.equal(reads, 6, 'expected reads of 42 records, 7 at a time');
  });

  it('are found under the index key of versions without lanes, until they are written', async () => {
    await using own = await createTestTable(server.dynamo);
    const images = createDynamodbImageRepository(createTable(own.client, own.name), OPTIONS);
    const pending = samplePending();
    const gone = tombstone(pending, NOW);
    assert.ok((await images.create(pending)) && (await images.replace(pending, gone)));
    await giveAttributes(own, imageKey(gone.id), { g3p: { S: 'W#0' } });
    assert.deepEqual(await images.due(LATER, 7, { lane: 'recovery', shard: 0 }), [gone]);
    const after = removed(removed(gone, LATER), LATER);
    assert.equal(await images.replace(gone, after), true);
    assert.deepEqual(await images.due(LATER, 7, { lane: 'recovery', shard: 0 }), []);
  });

  it('are found page by page behind outdated entries of a lagging index, until none are left', async () => {
    await using own = await createTestTable(server.dynamo);
    const table = createTable(own.client, own.name);
    const images = createDynamodbImageRepository(table, OPTIONS);
    const ended: Image[] = [];
    for (let n = 0; n < 60; n += 1) {
      const pending = samplePending();
      const gone = tombstone(pending, new Date(NOW.getTime() + n * 1_000));
      assert.ok(await images.create(pending));
      assert.ok(await images.replace(pending, gone));
      ended.push(gone);
    }
    const lagging = createDynamodbImageRepository(await withIndexAsItIs(table), OPTIONS);
    const seen: Image[] = [];
    for (;;) {
      const due = await lagging.due(LATER, 7, REMOVAL);
      for (const image of due) {
        if (image.status === 'deleted') assert.ok(await images.replace(image, removed(removed(image, LATER), LATER)));
      }
      seen.push(...due);
      if (due.length < 7) break;
    }
    assert.deepEqual(seen, ended, 'expected each record once, the longest due first');
    assert.deepEqual(await lagging.due(LATER, 7, REMOVAL), []);
  });
});
