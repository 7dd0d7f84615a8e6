import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { sampleKey } from '../../../domain/access/api-keys.fixture.ts';
import { deleteAlbum } from '../../../domain/album/album.ts';
import { placeOfAddition } from '../../../domain/album/album-place.ts';
import { withMember } from '../../../domain/album/membership.ts';
import { sampleDetails } from '../../../domain/facts/facts.fixture.ts';
import { monthOf } from '../../../domain/lists/months.ts';
import { createDynamodbAlbumRepository } from '../../albums/dynamodb/dynamodb.ts';
import { sampleAlbum } from '../../albums/sample-albums.fixture.ts';
import { beforeCommand } from '../../dynamodb/before-command.fixture.ts';
import { albumKey, detailsKey, formerIdKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, rawItem } from '../../dynamodb/raw-item.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createGenerations } from '../../images/dynamodb/generations.ts';
import { NOW, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { counterOf } from '../../usage/dynamodb/month-item.ts';
import { createDynamodbArchiveHarness } from '../archive-harness.fixture.ts';
import { allOf } from '../record-archive.contract.ts';
import { describeUserRecords } from '../user-records.contract.ts';

describe('the removal of a user from the records in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeUserRecords('DynamoDB', () => createDynamodbArchiveHarness(server.dynamo));

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

  it('removes former ids that an older process left, of that user alone', async () => {
    await using harness = await createDynamodbArchiveHarness(server.dynamo);
    const { storage, userRecords } = harness;
    const left = formerIdKey('0b5f1f4e-3c1d-4f6a-9b7e-2f6d8a1c5e90');
    const others = formerIdKey('0b5f1f4e-3c1d-4f6a-9b7e-2f6d8a1c5e91');
    await giveAttributes(storage, left, { imageId: { S: samplePending().id }, userId: { S: 'a#b' } });
    await giveAttributes(storage, others, { imageId: { S: samplePending().id }, userId: { S: 'a' } });
    await userRecords.remove({ userId: 'a#b', imageIds: [], tokenIds: [], keys: [] });
    assert.equal(await rawItem(storage, left), undefined);
    assert.ok(await rawItem(storage, others));
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

  it('removes albums, deleted ones too, with their rows and counts, of that user alone', async () => {
    await using harness = await createDynamodbArchiveHarness(server.dynamo);
    const { archive, storage, userRecords } = harness;
    const table = createTable(storage.client, storage.name);
    const albums = createDynamodbAlbumRepository(table);
    const deleted = sampleAlbum({ userId: 'a#b' });
    await albums.create(deleted);
    assert.equal(await albums.replace(deleted, deleteAlbum(deleted, false, NOW)), true);
    const owned = ['a#b', 'a'].map((userId) => sampleAlbum({ userId }));
    const images = owned.map(({ id: albumId, userId }) =>
      withMember(samplePublished(samplePending({ userId })), {
        albumId,
        added: placeOfAddition(NOW, 0, ''),
        moved: null,
      }),
    );
    for (const album of owned) await archive.put({ kind: 'album', album });
    for (const image of images) await archive.put({ kind: 'image', image });
    const [album, others] = owned;
    const [ada, other] = images;
    assert.ok(album && others && ada && other);
    assert.deepEqual(await albums.count(owned), [1, 1]);
    await userRecords.remove({ userId: 'a#b', imageIds: [ada.id], tokenIds: [], keys: [] });
    assert.deepEqual(await allOf(harness), [
      { kind: 'album', album: others },
      { kind: 'image', image: other },
    ]);
    for (const pk of ['ZI', 'ZC'].flatMap((kind) => owned.map(({ id }) => `${kind}#a%23b#${id}`))) {
      const ofPartition = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: pk } } };
      assert.deepEqual((await table.query(ofPartition)).items, []);
    }
    assert.equal(await rawItem(storage, albumKey(deleted.id)), undefined);
    assert.deepEqual(await albums.count([others]), [1]);
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
