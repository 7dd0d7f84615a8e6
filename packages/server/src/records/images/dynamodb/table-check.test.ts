import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { type ReadyImage, removed, tombstone } from '../../../domain/image/image.ts';
import { createDynamodbCoordination } from '../../coordination/dynamodb/dynamodb.ts';
import type { Item } from '../../dynamodb/item.ts';
import { createTable } from '../../dynamodb/table.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { addReady, addSettled, NOW, sampleKeyUse, samplePending, sampleTokenUse } from '../sample-images.fixture.ts';
import { createDynamodbHarness, type DynamodbHarness } from './dynamodb-harness.fixture.ts';

describe('the check of a whole table', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('passes for everything that the repository writes', async () => {
    await using harness = await createDynamodbHarness(server.dynamo);
    await withEverything(harness);
    await requireAgreement(harness.table);
  });

  it('reads a table that exceeds one response', async () => {
    await using harness = await createDynamodbHarness(server.dynamo);
    const metadata = { text: 'x'.repeat(200_000) };
    for (let count = 0; count < 12; count += 1) await harness.images.create(samplePending({ metadata }));
    await requireAgreement(harness.table);
  });

  const key = (pk: string, sk: string): Item => ({ pk: { S: pk }, sk: { S: sk } });

  const foreign: Record<string, (ready: ReadyImage) => Item> = {
    'a surplus facet': ({ id }) => key('T#ada#green', id),
    'a global facet in another shard': ({ id }) => key('GT#red#7', id),
    'a facet with an additional attribute': ({ id }) => ({ ...key('T#ada#red', id), more: { S: '1' } }),
    'a facet without an image': () => key('C#ada#image/jpeg', 'gone'),
    'an item of unknown kind': () => key('ZZ#1', 'Z'),
    'a row of an album that no image says': ({ id }) => key('ZI#ada#1', id),
    'a counter of an album without rows': () => ({ ...key('ZC#ada#1', '0'), n: { N: '1' }, writes: { N: '1' } }),
    'a deleted album in the list of its owner': () => ({
      ...key('Z#1', 'Z'),
      userId: { S: 'ada' },
      album: { S: '{"deletion":{"finishedAt":null}}' },
      g1p: { S: 'Z#ada' },
      g1s: { S: '1' },
    }),
    'a key use without an image': () => ({
      ...key('K#ada#k', 'K'),
      expiresAt: { N: '5' },
      ttl: { N: '1' },
      writeId: { S: 'w' },
    }),
    'the count of a token without its last day': () => ({ ...key('N#token', 'N'), used: { N: '1' } }),
    'a revocation without its last day': () => ({ ...key('X#ada#', 'X'), userId: { S: 'ada' }, notBefore: { N: '5' } }),
    'an unreadable record': () => key('I#1', 'I'),
    'fewer written shards than images use': () => ({ ...key('S#shards', 'S'), written: { N: '0' } }),
  };
  for (const [flaw, itemOf] of Object.entries(foreign)) {
    it(`fails on ${flaw}`, async () => {
      await using harness = await createDynamodbHarness(server.dynamo);
      const { client, name: TableName } = harness.table;
      const Item = itemOf(await withEverything(harness));
      await client.send(new PutItemCommand({ TableName, Item }));
      await assert.rejects(requireAgreement(harness.table));
    });
  }

  for (const pk of ['T#ada#red', 'T#ada#a%23b%25', 'C#ada#image/jpeg']) {
    it(`fails without the facet ${pk}`, async () => {
      await using harness = await createDynamodbHarness(server.dynamo);
      const { client, name: TableName } = harness.table;
      const { id } = await withEverything(harness);
      await client.send(new DeleteItemCommand({ TableName, Key: key(pk, id) }));
      await assert.rejects(requireAgreement(harness.table), { name: 'AssertionError' });
    });
  }

  const usages: Record<string, Item> = {
    'a sum of no record': { ...key('Q#ghost', 'Q'), images: { N: '1' } },
    'a record that is in no sum': key('Q#ada', 'Q'),
  };
  for (const [flaw, Item] of Object.entries(usages)) {
    it(`fails on ${flaw}, once usage is counted`, async () => {
      await using harness = await createDynamodbHarness(server.dynamo);
      const { client, name: TableName } = harness.table;
      if (flaw === 'a record that is in no sum') await harness.images.create(samplePending());
      await client.send(new PutItemCommand({ TableName, Item }));
      await requireAgreement(harness.table);
      await client.send(new PutItemCommand({ TableName, Item: COUNTED }));
      await assert.rejects(requireAgreement(harness.table), { name: 'AssertionError' });
    });
  }

  const changes: Record<string, Omit<UpdateItemCommandInput, 'TableName' | 'Key'>> = {
    'a missing index key': { UpdateExpression: 'REMOVE g1p' },
    'a surplus index key': { UpdateExpression: 'SET g3p = pk, g3s = g1s' },
    'an index key of another image': { UpdateExpression: 'SET g2s = sk' },
    'an unexpected TTL': {
      UpdateExpression: 'SET #ttl = :one',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':one': { N: '1' } },
    },
    'missing global facets': {
      UpdateExpression: 'SET hasGlobalFacets = :true',
      ExpressionAttributeValues: { ':true': { BOOL: true } },
    },
  };
  for (const [flaw, change] of Object.entries(changes)) {
    it(`fails on ${flaw}`, async () => {
      await using harness = await createDynamodbHarness(server.dynamo, { globalLists: false });
      const { client, name: TableName } = harness.table;
      const { id } = await addReady(harness.images, { tags: ['red'] });
      await requireAgreement(harness.table);
      await client.send(new UpdateItemCommand({ TableName, Key: key(`I#${id}`, 'I'), ...change }));
      await assert.rejects(requireAgreement(harness.table), { name: 'AssertionError' });
    });
  }
});

/** As a service leaves them that counts. */
const COUNTED: Item = { pk: { S: 'S#usage' }, sk: { S: 'S' }, since: { N: '1' } };

/** A table with an item of every kind. Returns one of its ready images. */
async function withEverything({ images, table }: DynamodbHarness): Promise<ReadyImage> {
  for (const status of ['pending', 'rejected', 'expired'] as const) await addSettled(images, status, { tags: ['red'] });
  const ready = await addReady(images, { tags: ['red', 'a#b%'] });
  const deleted = await addReady(images, { tags: ['red'] });
  const over = tombstone(deleted, NOW);
  await images.replace(deleted, over);
  await images.replace(over, removed(over, new Date(NOW.getTime() + 86_400_000)));
  const [used, freed] = [sampleKeyUse(), sampleKeyUse({ key: 'freed', leaseUntil: null })];
  for (const use of [used, freed]) await images.useKey(use, NOW);
  await images.replaceKeyUse(freed, null);
  await images.create(samplePending(), sampleTokenUse());
  await createDynamodbCoordination(createTable(table.client, table.name)).holdLease(
    { name: 'sweep-incoming', holder: 'one', until: NOW },
    NOW,
  );
  await images.check(NOW);
  return ready;
}
