import assert from 'node:assert/strict';
import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { hearing } from '../../src/observe/observer/hearing.fixture.ts';
import { attributesOfKey, sharedKey, tagPartition } from '../../src/records/dynamodb/item-keys.ts';
import { openDynamodb } from '../../src/records/images/dynamodb/open.ts';
import type { Outcome } from '../chance/outcome.ts';
import { OF_BATCHES, OF_PAGES, read } from '../faults/records/list-scenarios.ts';
import { outcomeOfWork, ready, type Scenario } from '../faults/records/scenario.ts';
import { type DynamodbService, SHARDS } from '../services/dynamodb-service.ts';

/** The first process makes what all of them share. */
async function unshared({ table: { dynamo, name } }: DynamodbService): Promise<string> {
  const client = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
  for (const key of [sharedKey('secret'), sharedKey('shards')]) {
    await client.send(new DeleteItemCommand({ TableName: name, Key: attributesOfKey(key) }));
  }
  client.destroy();
  return '';
}

const start = ({ table: { client, dynamo, name }, proxy, timeouts }: DynamodbService): Promise<Outcome> =>
  outcomeOfWork(async () => {
    await using opened = await openDynamodb({
      table: name,
      region: dynamo.region,
      endpoint: proxy.url,
      caBundle: null,
      shards: SHARDS,
      writtenShards: SHARDS,
      globalLists: true,
      quotas: null,
      credentials: dynamo,
      observe: hearing('warning', ({ sentence }) => assert.fail(sentence)),
      ...(timeouts && { timeouts }),
    });
    const secret = await opened.ownSecret();
    const { Item } = await client.send(
      new GetItemCommand({ TableName: name, Key: attributesOfKey(sharedKey('secret')), ConsistentRead: true }),
    );
    return Item?.['secret']?.S === secret ? 'done' : 'wrong: a secret that no other process has';
  });

/** A facet without its image: no write leaves one, but lists remove them. */
async function strayFacets(service: DynamodbService): Promise<string> {
  const id = await ready(service);
  const { dynamo, name } = service.table;
  const client = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
  const pk = tagPartition({ userId: 'u' }, 'lost');
  for (const sk of [id, '00000000-0000-7000-8000-000000000000']) {
    await client.send(new PutItemCommand({ TableName: name, Item: attributesOfKey({ pk, sk }) }));
  }
  client.destroy();
  return id;
}

const LOST = { query: 'user_id=u&tag=lost', expected: '' };

/** Scenarios that other stores don't have. */
export const OF_THE_TABLE: readonly Scenario<DynamodbService>[] = [
  { name: 'a start', prepare: unshared, act: start },
  {
    name: 'a list that meets facets without images',
    prepare: strayFacets,
    act: (service) => read(service, LOST),
    only: [...OF_PAGES, ...OF_BATCHES, 'lost answer', 'late', 'conflict of transactions'],
    // The next list removes those that this one failed to remove.
    holds: async (service) => assert.equal(await read(service, LOST), 'done'),
  },
];
