import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { sampleDetails, sampleFacts } from '../../../domain/facts/facts.fixture.ts';
import { type EndedImage, reject, removed, tombstone } from '../../../domain/image/image.ts';
import { detailsKey, imageKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, rawItem } from '../../dynamodb/raw-item.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { NOW, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';

const OPTIONS = { shards: 2, writtenShards: 2, globalLists: true };
const LATER = new Date(NOW.getTime() + 86_400_000);

const pending = samplePending({ userId: 'a#b%' });
const ready = { ...samplePublished(pending), facts: sampleFacts, hasDetails: true };
const deleted = tombstone(ready, NOW);
const rejected = reject(ready, { code: 'refused-by-gate', detail: 'no' }, NOW);

describe('details in DynamoDB of an image that an older process ended', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Such a process keeps the record's attributes, of which it knows nothing, and leaves the item. */
  async function endedByOlder(image: EndedImage) {
    const table = await createTestTable(server.dynamo);
    const images = createDynamodbImageRepository(createTable(table.client, table.name), OPTIONS);
    await images.create(pending);
    assert.equal(await images.replace(pending, ready, { details: sampleDetails }), true);
    const { facts, hasDetails } = (await rawItem(table, imageKey(ready.id))) ?? {};
    const { details } = (await rawItem(table, detailsKey(ready))) ?? {};
    assert.ok(facts && hasDetails && details);
    assert.equal(await images.replace(ready, image), true);
    await giveAttributes(table, imageKey(ready.id), { facts, hasDetails });
    await giveAttributes(table, detailsKey(ready), { details });
    return {
      images,
      requireGone: async () => {
        assert.equal(await rawItem(table, detailsKey(ready)), undefined);
        const record = await rawItem(table, imageKey(ready.id));
        assert.deepEqual([record?.['facts'], record?.['hasDetails']], [undefined, undefined]);
        await requireAgreement({ dynamo: server.dynamo, name: table.name });
      },
      [Symbol.asyncDispose]: () => table[Symbol.asyncDispose](),
    };
  }

  it('go when its objects have been removed', async () => {
    await using one = await endedByOlder(deleted);
    assert.deepEqual(await one.images.get(ready.id), deleted);
    assert.equal(await one.images.replace(deleted, removed(deleted, LATER)), true);
    await one.requireGone();
  });

  it('go when it was rejected, and is deleted', async () => {
    await using one = await endedByOlder(rejected);
    assert.equal(await one.images.replace(rejected, tombstone(rejected, LATER)), true);
    await one.requireGone();
  });

  it('do not let a stale writer win', async () => {
    await using one = await endedByOlder(deleted);
    assert.equal(await one.images.replace(ready, { ...ready, revision: ready.revision + 1 }), false);
    assert.equal(
      await one.images.replace({ ...deleted, revision: 1 }, removed({ ...deleted, revision: 1 }, LATER)),
      false,
    );
    assert.deepEqual(await one.images.get(ready.id), deleted);
  });
});
