import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Album, deleteAlbum, describeAlbum, withDeletion } from '../../domain/album/album.ts';
import { placeOfAddition } from '../../domain/album/album-place.ts';
import { withMember, withoutAlbum } from '../../domain/album/membership.ts';
import { type Image, restore, tombstone, trash } from '../../domain/image/image.ts';
import type { ImageRepository } from '../images/image-repository.ts';
import { listAll, readyQuery } from '../images/list-model.fixture.ts';
import { addReady, addSettled, NOW } from '../images/sample-images.fixture.ts';
import { describeAlbumLists } from './album-lists.contract.ts';
import type { AlbumRepository } from './album-repository.ts';
import { sampleAlbum } from './sample-albums.fixture.ts';

export interface AlbumHarness extends AsyncDisposable {
  readonly albums: AlbumRepository;
  readonly images: ImageRepository;
  /** Whether `forget` removes expired records, or the store does so by itself, some time later. */
  readonly forgets: 'when told' | 'by itself';
}

const later = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

/** The image in the album, at the place of that number. */
async function join(images: ImageRepository, image: Image, { id: albumId }: Album, index = 0): Promise<Image> {
  const joined = withMember(image, { albumId, added: placeOfAddition(NOW, index, ''), moved: null });
  assert.equal(await images.replace(image, joined), true);
  return joined;
}

const imagesOf = ({ images }: AlbumHarness, { id, userId }: Album) =>
  listAll(images, readyQuery({ userId, album: id, order: 'added' }));

export function describeAlbumRepository(name: string, create: () => Promise<AlbumHarness>): void {
  describe(`${name} as an album repository`, () => {
    it('has every field of a record as it was written last, and writes only over the version that it was', async () => {
      await using harness = await create();
      const { albums } = harness;
      const album = sampleAlbum({ title: "O'Brien's \u{1f4f7} #%", description: 'by the sea', order: 'manual' });
      assert.equal(await albums.get(album.id), undefined);
      await albums.create(album);
      assert.deepEqual(await albums.get(album.id), album);
      const described = describeAlbum(album, { title: 'Lisbon', description: null, order: 'taken-oldest' }, later(1));
      assert.equal(await albums.replace(album, described), true);
      assert.deepEqual(await albums.get(album.id), described);
      assert.equal(await albums.replace(album, describeAlbum(album, { title: 'Porto' }, later(2))), false);
      assert.deepEqual(await albums.get(album.id), described);
    });

    it('lets exactly one of many concurrent changes of a version succeed', async () => {
      await using harness = await create();
      const album = sampleAlbum();
      await harness.albums.create(album);
      const rivals = Array.from({ length: 10 }, (_, n) => describeAlbum(album, { title: `rival ${n}` }, NOW));
      const won = await Promise.all(rivals.map((rival) => harness.albums.replace(album, rival)));
      assert.equal(won.filter((one) => one).length, 1);
      assert.deepEqual(await harness.albums.get(album.id), rivals[won.indexOf(true)]);
    });

    it("lists an owner's albums, the newest first, in pages, without deleted ones and those of others", async () => {
      await using harness = await create();
      const { albums } = harness;
      const own: Album[] = [];
      for (let n = 0; n < 5; n += 1) own.push(sampleAlbum({ createdAt: later(n) }));
      const others = [sampleAlbum({ userId: 'bob' }), sampleAlbum({ userId: 'a#da' })];
      for (const album of [...own, ...others]) await albums.create(album);
      const [first, second, third, fourth, fifth] = own;
      assert.ok(first && second && third && fourth && fifth);
      assert.equal(await albums.replace(third, deleteAlbum(third, false, NOW)), true);
      const page = await albums.find({ userId: 'ada', after: undefined, limit: 2 });
      assert.deepEqual(page, { albums: [fifth, fourth], next: fourth.id });
      const rest = await albums.find({ userId: 'ada', after: fourth.id, limit: 2 });
      assert.deepEqual(rest, { albums: [second, first], next: null });
      assert.deepEqual(await albums.find({ userId: 'nobody', after: undefined, limit: 2 }), { albums: [], next: null });
    });

    it('counts the ready images of each album, through trash, restore, removal and deletion', async () => {
      await using harness = await create();
      const { albums, images } = harness;
      const [album, other] = [sampleAlbum(), sampleAlbum()];
      for (const one of [album, other]) await albums.create(one);
      const counts = () => albums.count([album, other]);
      assert.deepEqual(await counts(), [0, 0]);
      const pending = await join(images, await addSettled(images, 'pending'), album);
      assert.deepEqual(await counts(), [0, 0], 'it is not ready yet');
      const ready = await join(images, await addReady(images, { tags: ['sea'] }), album, 1);
      const both = await join(images, ready, other);
      assert.deepEqual(await counts(), [1, 1]);
      const trashed = trash(both as Extract<Image, { status: 'ready' }>, NOW, later(30));
      assert.equal(await images.replace(both, trashed), true);
      assert.deepEqual(await counts(), [0, 0]);
      assert.deepEqual(await imagesOf(harness, album), []);
      const restored = restore(trashed, NOW, []);
      assert.equal(await images.replace(trashed, restored), true);
      assert.deepEqual(await counts(), [1, 1]);
      assert.deepEqual(await imagesOf(harness, album), [restored]);
      const left = withoutAlbum(restored, other.id);
      assert.equal(await images.replace(restored, left), true);
      assert.deepEqual(await counts(), [1, 0]);
      assert.equal(await images.replace(left, tombstone(left, NOW)), true);
      assert.deepEqual(await counts(), [0, 0]);
      assert.equal(pending.albums.length, 1);
      assert.deepEqual(await albums.recount(album), { images: 0, was: 0 });
    });

    it('lets no image into an album that was deleted, is of another owner, or never was', async () => {
      await using harness = await create();
      const { albums, images } = harness;
      const album = sampleAlbum();
      await albums.create(album);
      const image = await addReady(images);
      const deleted = deleteAlbum(album, false, NOW);
      assert.equal(await albums.replace(album, deleted), true);
      const added = placeOfAddition(NOW, 0, '');
      const joined = withMember(image, { albumId: album.id, added, moved: null });
      await assert.rejects(images.replace(image, joined), { code: 'album-not-found' });
      assert.deepEqual(await images.get(image.id), image);
      assert.deepEqual(await albums.get(album.id), deleted);
    });

    it('knows albums whose images have not all left, and forgets those that have', async () => {
      await using harness = await create();
      const { albums } = harness;
      const album = sampleAlbum();
      await albums.create(album);
      assert.deepEqual(await albums.deleting(10), []);
      const deleting = deleteAlbum(album, true, NOW);
      assert.equal(await albums.replace(album, deleting), true);
      assert.deepEqual(await albums.deleting(10), [deleting]);
      const { deletion } = deleting;
      assert.ok(deletion);
      const finished = withDeletion(deleting, { ...deletion, done: 3, finishedAt: NOW }, NOW);
      assert.equal(await albums.replace(deleting, finished), true);
      assert.deepEqual(await albums.deleting(10), []);
      await albums.forget(later(6));
      assert.deepEqual(await albums.get(album.id), finished);
      await albums.forget(later(8));
      if (harness.forgets === 'when told') assert.equal(await albums.get(album.id), undefined);
    });

    describeAlbumLists(create);
  });
}
