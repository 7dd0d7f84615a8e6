import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TransactWriteItemsCommandInput } from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { type Album, deleteAlbum, withDeletion } from '../../../domain/album/album.ts';
import type { AlbumId } from '../../../domain/album/album-id.ts';
import { MAX_ALBUMS_OF_IMAGE } from '../../../domain/album/album-member.ts';
import { memberIn, withMember } from '../../../domain/album/membership.ts';
import {
  describe as described,
  type ReadyImage,
  removed,
  restore,
  tombstone,
  trash,
} from '../../../domain/image/image.ts';
import type { ListOrder } from '../../../domain/lists/list-position.ts';
import { newAlbumId, sampleAlbum } from '../../albums/sample-albums.fixture.ts';
import { beforeCommand } from '../../dynamodb/before-command.fixture.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { listAll, readyQuery } from '../list-model.fixture.ts';
import { addTaken, taken } from '../months.fixture.ts';
import { addReady, addSettled, NOW } from '../sample-images.fixture.ts';
import { albumsOf, changed, inAlbums, outOf, withoutAlbums } from './album-images.fixture.ts';
import { createServedHarness, type DynamodbHarness } from './dynamodb-harness.fixture.ts';

const LATER = new Date(NOW.getTime() + 86_400_000);
const at = (ms: number) => new Date(NOW.getTime() + ms);
const ORDERS: readonly ListOrder[] = ['newest', 'oldest', 'taken-newest', 'taken-oldest', 'added', 'manual'];

const listOf = ({ images }: DynamodbHarness, album: AlbumId, order: ListOrder = 'newest') =>
  listAll(images, readyQuery({ userId: 'ada', album, order }));
const countOf = async (harness: DynamodbHarness, album: Album) => (await albumsOf(harness).count([album]))[0];

async function put(harness: DynamodbHarness, from: ReadyImage, ...albums: readonly Album[]): Promise<ReadyImage> {
  const to = inAlbums(from, ...albums.map(({ id }) => id));
  assert.equal(await harness.images.replace(from, to), true);
  return to;
}

/** In every order the album has these images, as many as it says, and the whole table agrees. */
async function requireAlbum(harness: DynamodbHarness, album: Album, expected: readonly ReadyImage[]): Promise<void> {
  for (const order of ORDERS)
    assert.deepEqual(
      (await listOf(harness, album.id, order)).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      expected.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      order,
    );
  assert.equal(await countOf(harness, album), expected.length);
  await requireAgreement(harness.table);
}

describe('rows of albums in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const served = () => createServedHarness(server.dynamo);

  async function withAlbums(harness: DynamodbHarness, ...all: readonly Album[]): Promise<void> {
    for (const album of all) await albumsOf(harness).create(album);
  }

  it('have the order of each list', async () => {
    await using harness = await served();
    const album = sampleAlbum();
    await withAlbums(harness, album);
    const [one, two, three] = [
      await addTaken(harness.images, '2024-01-01T00:00:00.000'),
      await addTaken(harness.images, '2023-01-01T00:00:00.000', { createdAt: at(1) }),
      await addTaken(harness.images, '2025-01-01T00:00:00.000', { createdAt: at(2), tags: ['red'] }),
    ];
    const places = ['000000000001000', '000000000000000', '000000000002000'];
    const moved = [null, '0000000000030001', null];
    const added = [];
    for (const [index, image] of [one, two, three].entries()) {
      const member = { albumId: album.id, added: places[index] ?? '', moved: moved[index] ?? null };
      const to = withMember(image, member);
      assert.equal(await harness.images.replace(image, to), true);
      added.push(to);
    }
    const [a, b, c] = added;
    const expected = {
      ...{ newest: [c, b, a], oldest: [a, b, c], 'taken-newest': [c, a, b], 'taken-oldest': [b, a, c] },
      ...{ added: [b, a, c], manual: [a, c, b] },
    };
    for (const order of ORDERS) {
      assert.deepEqual(await listOf(harness, album.id, order), expected[order], order);
      const all = [];
      for (let position: string | null | undefined; position !== null; ) {
        const page = await harness.images.find(
          readyQuery({ userId: 'ada', album: album.id, order, limit: 1, after: position }),
        );
        all.push(...page.images);
        position = page.next;
      }
      assert.deepEqual(all, expected[order], `${order}, page by page`);
    }
    const red = readyQuery({ userId: 'ada', album: album.id, tags: ['red'], contentType: 'image/jpeg' });
    for (const order of ['oldest', 'taken-newest'] as const)
      assert.deepEqual(await listAll(harness.images, { ...red, order }), [c]);
    await assert.rejects(listAll(harness.images, { ...red, order: 'manual' }), /own orders/);
    await requireAgreement(harness.table);
  });

  it('follow the image through the trash, a change of its date, and out of the album', async () => {
    await using harness = await served();
    const [sea, hills] = [sampleAlbum(), sampleAlbum()];
    await withAlbums(harness, sea, hills);
    const { images } = harness;
    const image = await put(harness, await addTaken(images, '2024-01-01T00:00:00.000'), sea, hills);
    await requireAlbum(harness, sea, [image]);
    const dated = taken(image, '2001-01-01T00:00:00.000');
    assert.equal(await images.replace(image, dated), true);
    await requireAlbum(harness, sea, [dated]);
    const trashed = trash(dated, NOW, LATER);
    assert.equal(await images.replace(dated, trashed), true);
    await requireAlbum(harness, sea, []);
    const outside = outOf(hills.id)(trashed);
    assert.equal(await images.replace(trashed, outside), true, 'in the trash');
    const restored = restore(outside as typeof trashed, NOW, []);
    assert.equal(await images.replace(outside, restored), true);
    await requireAlbum(harness, sea, [restored]);
    await requireAlbum(harness, hills, []);
    const deleted = tombstone(restored, NOW);
    assert.equal(await images.replace(restored, deleted), true);
    await requireAlbum(harness, sea, []);
  });

  it('come with an image that becomes ready', async () => {
    await using harness = await served();
    const album = sampleAlbum();
    await withAlbums(harness, album);
    const trashed = await addSettled(harness.images, 'trashed');
    assert.ok(trashed.status === 'trashed');
    const member = inAlbums(trashed, album.id);
    assert.equal(await harness.images.replace(trashed, member), true);
    await requireAlbum(harness, album, []);
    const ready = restore(member, NOW, []);
    assert.equal(await harness.images.replace(member, ready), true);
    await requireAlbum(harness, album, [ready]);
  });

  it('are exact after fifty changes of the same images at once', async () => {
    await using harness = await served();
    const all = Array.from({ length: 3 }, () => sampleAlbum());
    await withAlbums(harness, ...all);
    const images = await Promise.all(Array.from({ length: 5 }, () => addReady(harness.images)));
    const albumIds = all.map(({ id }) => id);
    await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const [image, albumId] = [images[n % images.length], albumIds[n % albumIds.length]];
        assert.ok(image && albumId);
        await changed(harness.images, image.id, (now) => {
          const kind = Math.floor(n / 5) % 5;
          if (kind === 4 && n > 45) return now.status === 'deleted' ? undefined : tombstone(now, NOW);
          if (now.status === 'trashed') return kind === 3 ? restore(now, NOW, []) : inAlbums(now, albumId);
          if (now.status !== 'ready') return undefined;
          if (kind === 2) return trash(now, NOW, LATER);
          if (kind === 1 || kind === 3) return outOf(albumId)(now);
          return inAlbums(now, albumId);
        });
      }),
    );
    const now = (await Promise.all(images.map(({ id }) => harness.images.get(id)))).filter(
      (image): image is ReadyImage => image?.status === 'ready',
    );
    for (const album of all)
      await requireAlbum(
        harness,
        album,
        now.filter((image) => memberIn(image, album.id)),
      );
  });

  it('are none of a deleted album, whoever adds at that moment', async () => {
    await using harness = await served();
    const album = sampleAlbum();
    await withAlbums(harness, album);
    const inTrash = await addSettled(harness.images, 'trashed');
    const images = await Promise.all(Array.from({ length: 24 }, () => addReady(harness.images)));
    const deleted = deleteAlbum(album, false, NOW);
    const adding = Promise.allSettled(images.map((image) => put(harness, image, album)));
    assert.equal(await albumsOf(harness).replace(album, deleted), true);
    const before = await listOf(harness, album.id);
    const outcomes = await adding;
    const added = outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value.id : []));
    assert.deepEqual(before.map(({ id }) => id).toSorted(), added.toSorted());
    for (const one of outcomes) if (one.status === 'rejected') assert.equal(one.reason.code, 'album-not-found');
    const late = await addReady(harness.images);
    await assert.rejects(put(harness, late, album), { code: 'album-not-found' });
    assert.deepEqual(await harness.images.get(late.id), late);
    await assert.rejects(harness.images.replace(inTrash, inAlbums(inTrash, album.id)), { code: 'album-not-found' });
    await assert.rejects(albumsOf(harness).recount(deleted), { code: 'album-not-found' });
    await requireAgreement(harness.table);
  });

  it('of a deleted album may come back from the trash, and leave', async () => {
    await using harness = await served();
    const album = sampleAlbum();
    await withAlbums(harness, album);
    const image = await put(harness, await addReady(harness.images), album);
    const trashed = trash(image, NOW, LATER);
    assert.equal(await harness.images.replace(image, trashed), true);
    const albums = albumsOf(harness);
    const deleted = deleteAlbum(album, false, NOW);
    assert.equal(await albums.replace(album, deleted), true);
    assert.ok(deleted.deletion);
    const over = withDeletion(deleted, { ...deleted.deletion, finishedAt: LATER }, LATER);
    assert.equal(await albums.replace(deleted, over), true);
    const restored = restore(trashed, NOW, []);
    assert.equal(await harness.images.replace(trashed, restored), true);
    await requireAgreement(harness.table);
    assert.equal(await harness.images.replace(restored, outOf(album.id)(restored)), true);
    await requireAgreement(harness.table);
  });

  it('are refused before any write if the image has changed meanwhile', async () => {
    await using harness = await served();
    const [album, other] = [sampleAlbum(), sampleAlbum()];
    await withAlbums(harness, album, other);
    const image = await addReady(harness.images);
    assert.equal(await albumsOf(harness).replace(album, deleteAlbum(album, false, NOW)), true);
    const current = await put(harness, image, other);
    assert.equal(await harness.images.replace(image, inAlbums(image, album.id)), false);
    await requireAlbum(harness, other, [current]);
  });
});

describe('rows of albums of an image that an earlier version changed', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** A ready image in two albums, one of which has another image, too. */
  async function twoAlbums() {
    const harness = await createServedHarness(server.dynamo);
    const [sea, hills] = [sampleAlbum(), sampleAlbum()];
    for (const album of [sea, hills]) await albumsOf(harness).create(album);
    const other = await put(harness, await addReady(harness.images), sea);
    const image = await put(harness, await addTaken(harness.images, '2024-01-01T00:00:00.000'), sea, hills);
    const trashed = trash(image, NOW, LATER);
    const former = (from: Parameters<typeof harness.images.replace>[0], to: typeof from) =>
      withoutAlbums(harness, image, async () => assert.equal(await harness.images.replace(from, to), true));
    return { harness, sea, hills, other, image, trashed, former };
  }

  for (const [next, to] of [
    ['it is restored', (trashed: ReturnType<typeof trash>) => restore(trashed, NOW, [])],
    ['it is deleted', (trashed: ReturnType<typeof trash>) => tombstone(trashed, NOW)],
  ] as const)
    for (const seen of ['by no list', 'by a list', 'by a list by capture'])
      it(`go with its counts when it was trashed and ${next}, seen ${seen} before`, async () => {
        const { harness, sea, hills, other, image, trashed, former } = await twoAlbums();
        await using _ = harness;
        await former(image, trashed);
        if (seen !== 'by no list') {
          const order = seen === 'by a list' ? 'newest' : 'taken-newest';
          assert.deepEqual(await listOf(harness, hills.id, order), []);
          await requireAlbum(harness, sea, [other]);
        }
        const after = to(trashed);
        assert.equal(await harness.images.replace(trashed, after), true);
        const ready = after.status === 'ready' ? [after] : [];
        await requireAlbum(harness, sea, [other, ...ready]);
        await requireAlbum(harness, hills, ready);
      });

  it('go with its counts when it was deleted, and its objects are removed or a list sees it', async () => {
    for (const isSeen of [true, false]) {
      const { harness, sea, hills, other, image, former } = await twoAlbums();
      await using _ = harness;
      const deleted = tombstone(image, NOW);
      await former(image, deleted);
      const left = await harness.images.get(image.id);
      assert.ok(left?.status === 'deleted');
      if (isSeen) assert.deepEqual(await listOf(harness, hills.id), []);
      else assert.equal(await harness.images.replace(left, removed(left, LATER)), true);
      assert.deepEqual(await listOf(harness, sea.id), [other]);
      await requireAlbum(harness, sea, [other]);
      await requireAlbum(harness, hills, []);
    }
  });

  it('are removed with their counts once the record is gone', async () => {
    const { harness, sea, hills, other, image } = await twoAlbums();
    await using _ = harness;
    await harness.images.replace(image, { ...image, tags: [] });
    const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
    const { client, name: TableName } = harness.table;
    const gone = tombstone(image, NOW);
    await withoutAlbums(harness, image, async () => assert.equal(await harness.images.replace(image, gone), true));
    await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: `I#${image.id}` }, sk: { S: 'I' } } }));
    assert.equal(await countOf(harness, sea), 2);
    await Promise.all(Array.from({ length: 4 }, () => listOf(harness, sea.id)));
    await Promise.all(Array.from({ length: 4 }, () => listOf(harness, hills.id, 'manual')));
    await requireAlbum(harness, sea, [other]);
    await requireAlbum(harness, hills, []);
  });

  it('come when it was restored, by the next change or by a walk', async () => {
    for (const by of ['change', 'walk'] as const) {
      const { harness, sea, hills, other, image, trashed, former } = await twoAlbums();
      await using _ = harness;
      assert.equal(await harness.images.replace(image, trashed), true);
      const restored = restore(trashed, NOW, []);
      await former(trashed, restored);
      assert.deepEqual(await listOf(harness, sea.id), [other]);
      const to = by === 'change' ? described(restored, { description: 'sea' }, NOW) : restored;
      if (by === 'change') assert.equal(await harness.images.replace(restored, to), true);
      else assert.equal(await harness.images.places?.place(image.id), true);
      await requireAlbum(harness, sea, [other, to]);
      await requireAlbum(harness, hills, [to]);
    }
  });

  it('have their places again after another date, by the next change or by a walk', async () => {
    for (const by of ['change', 'walk'] as const) {
      const { harness, sea, hills, other, image, former } = await twoAlbums();
      await using _ = harness;
      const dated = taken(image, '2001-01-01T00:00:00.000');
      await former(image, dated);
      assert.deepEqual(new Set(await listOf(harness, sea.id)), new Set([dated, other]));
      assert.deepEqual(await listOf(harness, sea.id, 'taken-newest'), [other], 'not where it no longer is');
      const to = by === 'change' ? outOf(hills.id)(dated) : dated;
      if (by === 'change') assert.equal(await harness.images.replace(dated, to), true);
      else assert.equal(await harness.images.places?.place(image.id), true);
      await requireAlbum(harness, sea, [other, to as ReadyImage]);
      await requireAlbum(harness, hills, by === 'change' ? [] : [dated]);
    }
  });

  it('are removed by a walk when it was trashed, or deleted', async () => {
    for (const change of ['trash', 'delete']) {
      const { harness, sea, hills, other, image, trashed, former } = await twoAlbums();
      await using _ = harness;
      await former(image, change === 'trash' ? trashed : tombstone(image, NOW));
      const met: string[] = [];
      for (let position: string | null | undefined; position !== null; ) {
        const { images, left, next } = await harness.images.published(10, position ?? undefined);
        met.push(...(change === 'trash' ? images.map(({ id }) => id) : left));
        position = next;
      }
      assert.ok(met.includes(image.id));
      assert.equal(await harness.images.places?.place(image.id), true);
      assert.equal(await harness.images.places?.place(image.id), false);
      assert.equal(await countOf(harness, sea), 1);
      const left = await harness.images.get(image.id);
      if (left?.status === 'deleted') assert.equal(await harness.images.replace(left, removed(left, LATER)), true);
      await requireAlbum(harness, sea, [other]);
      await requireAlbum(harness, hills, []);
    }
  });

  it('are written for ten albums, with twenty tags, in a transaction after that of the places', async () => {
    await using harness = await createServedHarness(server.dynamo);
    const all = Array.from({ length: MAX_ALBUMS_OF_IMAGE }, () => newAlbumId());
    const tags = (name: string) => Array.from({ length: 20 }, (_, n) => `${name} ${n}`);
    const image = await addReady(harness.images, { tags: tags('before') });
    const trashed = trash(inAlbums(image, ...all), NOW, LATER);
    await harness.images.replace(image, inAlbums(image, ...all));
    await harness.images.replace(inAlbums(image, ...all), trashed);
    const restored = restore(trashed, NOW, []);
    await withoutAlbums(harness, trashed, async () => {
      assert.equal(await harness.images.replace(trashed, restored), true);
    });
    const to = described(restored, { tags: tags('after') }, NOW);
    const sizes: number[] = [];
    beforeCommand(harness.table.client, 'TransactWriteItemsCommand', (input) => {
      sizes.push((input as TransactWriteItemsCommandInput).TransactItems?.length ?? 0);
    });
    assert.equal(await harness.images.replace(restored, to), true);
    assert.deepEqual(sizes, [81, 21, 81], 'a guess, the rows and counts of albums, and the change');
    for (const album of all) assert.deepEqual(await listOf(harness, album), [to]);
    await requireAgreement(harness.table);
  });
});
