import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { deleteAlbum, touchAlbum, withDeletion } from '../../../domain/album/album.ts';
import { AppError } from '../../../domain/errors.ts';
import type { ReadyImage } from '../../../domain/image/image.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { albumCountsPartition, albumKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, NEWER, rawItem, removeAttribute } from '../../dynamodb/raw-item.fixture.ts';
import { createTable, type Table } from '../../dynamodb/table.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { inAlbums, outOf } from '../../images/dynamodb/album-images.fixture.ts';
import { createDynamodbHarness, type DynamodbHarness } from '../../images/dynamodb/dynamodb-harness.fixture.ts';
import { addReady, NOW } from '../../images/sample-images.fixture.ts';
import { sampleAlbum } from '../sample-albums.fixture.ts';
import { albumCounterOf } from './album-counts.ts';
import { createDynamodbAlbumRepository } from './dynamodb.ts';

const LATER = new Date(NOW.getTime() + 1);
const SHARDS = ['0', '1', '2', '3', '4', '5', '6', '7'];

describe('an album in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function withAlbum(wrapped: (table: Table) => Table = (table) => table) {
    const harness = await createDynamodbHarness(server.dynamo);
    const events: ServiceEvent[] = [];
    const table = createTable(harness.table.client, harness.table.name);
    const albums = createDynamodbAlbumRepository(wrapped(table), { observe: (event) => void events.push(event) });
    const album = sampleAlbum();
    await albums.create(album);
    return { harness, albums, album, table, events };
  }

  const put = async ({ images }: DynamodbHarness, image: ReadyImage, album: ReturnType<typeof sampleAlbum>) =>
    assert.equal(await images.replace(image, inAlbums(image, album.id)), true);

  it('counts once more, and corrects counters that differ', async () => {
    const { harness, albums, album } = await withAlbum();
    await using _ = harness;
    assert.deepEqual(await albums.recount(album), { images: 0, was: 0 });
    const images = await Promise.all(Array.from({ length: 12 }, () => addReady(harness.images)));
    for (const image of images) await put(harness, image, album);
    assert.deepEqual(await albums.recount(album), { images: 12, was: 12 });
    const [image] = images;
    assert.ok(image);
    const counter = albumCounterOf(image, album.id);
    const before = Number((await rawItem(harness.table, counter))?.['n']?.N);
    await giveAttributes(harness.table, counter, { n: { N: '40' } });
    assert.deepEqual(await albums.recount(album), { images: 12, was: 12 - before + 40 });
    assert.deepEqual(await albums.count([album, sampleAlbum()]), [12, 0]);
    await requireAgreement(harness.table);
  });

  it('counts exactly once more while images come and go', async () => {
    const { harness, albums, album } = await withAlbum();
    await using _ = harness;
    const images = await Promise.all(Array.from({ length: 24 }, () => addReady(harness.images)));
    for (const image of images.slice(0, 12)) await put(harness, image, album);
    for (const shard of SHARDS)
      await giveAttributes(harness.table, { pk: albumCountsPartition('ada', album.id), sk: shard }, { n: { N: '9' } });
    const coming = Promise.all(images.slice(12).map((image) => put(harness, image, album)));
    const going = Promise.all(
      images.slice(0, 6).map(async (image) => {
        const member = inAlbums(image, album.id);
        assert.equal(await harness.images.replace(member, outOf(album.id)(member)), true);
      }),
    );
    const recounts = Promise.all([albums.recount(album), albums.recount(album)]);
    await Promise.all([coming, going, recounts]);
    assert.deepEqual(await albums.count([album]), [18]);
    await requireAgreement(harness.table);
  });

  it('is closed by the next write of a deletion whose process died', async () => {
    const dying = new AppError('unavailable', 'the process died');
    let isDying = false;
    const { harness, albums, album, table } = await withAlbum((real) => ({
      ...real,
      update: async (update) => {
        if (isDying && update.key.pk.startsWith('ZC#')) throw dying;
        await real.update(update);
      },
    }));
    await using _ = harness;
    const [one, other] = [await addReady(harness.images), await addReady(harness.images)];
    const deleted = deleteAlbum(album, false, NOW);
    isDying = true;
    await assert.rejects(albums.replace(album, deleted), dying);
    assert.deepEqual(await albums.get(album.id), deleted);
    await put(harness, one, album);
    const restarted = createDynamodbAlbumRepository(table);
    assert.deepEqual(await restarted.deleting(10), [deleted]);
    const { deletion } = deleted;
    assert.ok(deletion);
    const next = withDeletion(deleted, { ...deletion, failed: 1 }, LATER);
    assert.equal(await restarted.replace(deleted, next), true);
    await assert.rejects(put(harness, other, album), { code: 'album-not-found' });
    const finished = withDeletion(next, { ...deletion, done: 1, finishedAt: LATER }, LATER);
    assert.equal(await restarted.replace(next, finished), true);
    const expires = Math.ceil((LATER.getTime() + 7 * 86_400_000) / 1000);
    for (const sk of SHARDS) {
      const counter = await rawItem(harness.table, { pk: albumCountsPartition('ada', album.id), sk });
      assert.deepEqual([counter?.['closed'], counter?.['ttl']], [{ BOOL: true }, { N: String(expires) }]);
    }
    assert.deepEqual((await rawItem(harness.table, albumKey(album.id)))?.['ttl'], { N: String(expires) });
  });

  it('recognizes its own writes, whose answers were lost', async () => {
    const { harness, albums, album } = await withAlbum((real) => ({
      ...real,
      async put(...write) {
        await real.put(...write);
        await real.put(...write);
      },
      async update(update) {
        await real.update(update);
        await real.update(update);
      },
    }));
    await using _ = harness;
    const touched = touchAlbum(album, LATER);
    assert.equal(await albums.replace(album, touched), true);
    assert.equal(await albums.replace(album, touched), false, 'another write of the same text');
    assert.deepEqual(await albums.get(album.id), touched);
    await assert.rejects(albums.create(album), 'a taken id');
  });

  it('of a newer version, or one that is unreadable, is left out of lists, and never written', async () => {
    const { harness, albums, album, events } = await withAlbum();
    await using _ = harness;
    const [newer, damaged] = [sampleAlbum(), sampleAlbum()];
    for (const one of [newer, damaged]) await albums.create(one);
    await giveAttributes(harness.table, albumKey(newer.id), NEWER);
    await removeAttribute(harness.table, albumKey(damaged.id), 'album');
    const query = { userId: 'ada', after: undefined, limit: 3 };
    assert.deepEqual(await albums.find(query), { albums: [album], next: null });
    assert.equal(events.length, 2);
    for (const work of [
      () => albums.get(newer.id),
      () => albums.replace(newer, touchAlbum(newer, LATER)),
      () => albums.replace(newer, deleteAlbum(newer, false, LATER)),
    ])
      await assert.rejects(work, { code: 'unavailable', isOfNewerVersion: true });
    await assert.rejects(albums.get(damaged.id), TypeError);
  });

  it('that is being deleted is found behind others that cannot be read', async () => {
    const { harness, albums, album } = await withAlbum();
    await using _ = harness;
    const all = [album, sampleAlbum({ createdAt: LATER }), sampleAlbum({ createdAt: new Date(LATER.getTime() + 1) })];
    for (const one of all.slice(1)) await albums.create(one);
    for (const one of all) assert.equal(await albums.replace(one, deleteAlbum(one, false, NOW)), true);
    const [first, second, third] = all;
    assert.ok(first && second && third);
    await removeAttribute(harness.table, albumKey(first.id), 'album');
    await giveAttributes(harness.table, albumKey(second.id), NEWER);
    assert.deepEqual(
      (await albums.deleting(1)).map(({ id }) => id),
      [third.id],
    );
  });

  it('keeps attributes that this version does not know', async () => {
    const { harness, albums, album } = await withAlbum();
    await using _ = harness;
    await giveAttributes(harness.table, albumKey(album.id), { theme: { S: 'sea' } });
    assert.equal(await albums.replace(album, deleteAlbum(album, false, NOW)), true);
    const item = await rawItem(harness.table, albumKey(album.id));
    assert.deepEqual([item?.['theme'], item?.['g1p'], item?.['g2p']], [{ S: 'sea' }, undefined, { S: 'ZD' }]);
  });
});
