import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { restore, tombstone, trash } from '../../../domain/image/image.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, rawItem } from '../../dynamodb/raw-item.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import { NOW, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';

const OPTIONS = { shards: 2, writtenShards: 2, globalLists: true };

describe('an image that a process without filters by metadata took out of ready, in DynamoDB', {
  skip: NO_DYNOXIDE,
}, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('can be restored and deleted, although that process left the names of its rows', async () => {
    const own = await createTestTable(server.dynamo);
    const images = createDynamodbImageRepository(createTable(own.client, own.name), OPTIONS);
    const pending = samplePending({ metadata: { order: 'A17' } });
    const ready = samplePublished(pending);
    await images.create(pending);
    await images.replace(pending, ready);
    const trashed = trash(ready, NOW, NOW);
    await images.replace(ready, trashed);
    await giveAttributes(own, imageKey(ready.id), { filteredBy: { S: 'order' } });

    const restored = restore(trashed, NOW, []);
    assert.equal(await images.replace(trashed, restored), true);
    assert.deepEqual(await images.get(ready.id), restored);
    assert.equal((await rawItem(own, imageKey(ready.id)))?.['filteredBy'], undefined);
    assert.equal(await images.replace(restored, tombstone(restored, NOW)), true);
  });
});
