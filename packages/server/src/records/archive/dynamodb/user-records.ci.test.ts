import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { sampleKey } from '../../../domain/access/api-keys.fixture.ts';
import { sampleDetails } from '../../../domain/facts/facts.fixture.ts';
import { monthOf } from '../../../domain/lists/months.ts';
import { beforeCommand } from '../../dynamodb/before-command.fixture.ts';
import { detailsKey } from '../../dynamodb/item-keys.ts';
import { rawItem } from '../../dynamodb/raw-item.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createGenerations } from '../../images/dynamodb/generations.ts';
import { samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { counterOf } from '../../usage/dynamodb/month-item.ts';
import { createDynamodbArchiveHarness } from '../archive-harness.fixture.ts';
import { allOf } from '../record-archive.contract.ts';

describe('the removal of a user from the records in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Removes ada, and meanwhile another user: both deletions found the key as it was before. */
  async function removeTwo(key: ReturnType<typeof sampleKey>, other: string) {
    await using harness = await createDynamodbArchiveHarness(server.dynamo);
    const { keys, storage, userRecords } = harness;
    await keys.create(key);
    const remove = (userId: string) => userRecords.remove({ userId, imageIds: [], tokenIds: [], keys: [key] });
    let removing: ReturnType<typeof remove> | undefined;
    beforeCommand(storage.client, 'UpdateItemCommand', async () => {
      if (removing) return;
      removing = remove(other);
      await removing;
    });
    const counts = [await remove('ada'), await removing].map((one) => [one?.keys, one?.keysChanged]);
    return { counts, left: await allOf(harness) };
  }

  it('removes details whose record is gone, of that user alone', async () => {
    await using harness = await createDynamodbArchiveHarness(server.dynamo);
    const { archive, storage, userRecords } = harness;
    const detailed = (userId: string) => ({ ...samplePublished(samplePending({ userId })), hasDetails: true });
    const [ada, other] = [detailed('a#b'), detailed('a')];
    for (const image of [ada, other])
      assert.equal(await archive.put({ kind: 'image', image, details: sampleDetails }), true);
    await userRecords.remove({ userId: 'a#b', imageIds: [ada.id], tokenIds: [], keys: [] });
    assert.equal(await rawItem(storage, detailsKey(ada)), undefined);
    assert.deepEqual(await allOf(harness), [{ kind: 'image', image: other, details: sampleDetails }]);
  });

  it('removes counts by month, of that user alone', async () => {
    await using harness = await createDynamodbArchiveHarness(server.dynamo);
    const { archive, storage, userRecords } = harness;
    const generations = createGenerations(createTable(storage.client, storage.name));
    await generations.begin();
    const [ada, other] = ['a#b', 'a'].map((userId) => samplePublished(samplePending({ userId })));
    assert.ok(ada && other);
    for (const image of [ada, other]) await archive.put({ kind: 'image', image });
    const countersOf = (image: typeof ada) => rawItem(storage, counterOf(image, 1, monthOf(image)));
    assert.deepEqual([(await countersOf(ada))?.['n'], (await countersOf(other))?.['n']], [{ N: '1' }, { N: '1' }]);
    await userRecords.remove({ userId: 'a#b', imageIds: [ada.id], tokenIds: [], keys: [] });
    assert.deepEqual([await countersOf(ada), (await countersOf(other))?.['n']], [undefined, { N: '1' }]);
  });

  it('keeps out the other user whose deletion has just taken that one out', async () => {
    const key = sampleKey({ owner: null, actsAs: ['ada', 'bob', 'eve'] });
    const { counts, left } = await removeTwo(key, 'bob');
    assert.deepEqual(left, [{ kind: 'key', key: { ...key, actsAs: ['eve'] } }]);
    assert.deepEqual(counts, [
      [0, 1],
      [0, 1],
    ]);
  });

  it('makes no new item of a key that the deletion of its owner has just removed', async () => {
    const { counts, left } = await removeTwo(sampleKey({ owner: 'carol', actsAs: ['ada', 'bob'] }), 'carol');
    assert.deepEqual(left, []);
    assert.deepEqual(counts, [
      [0, 0],
      [1, 0],
    ]);
  });
});
