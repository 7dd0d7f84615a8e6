import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../../test/servers/postgres-for-tests.ts';
import { type Album, deleteAlbum, touchAlbum } from '../../../../domain/album/album.ts';
import { placeOfAddition, placesBetween } from '../../../../domain/album/album-place.ts';
import { withMember, withoutAlbum } from '../../../../domain/album/membership.ts';
import { type ReadyImage, trash } from '../../../../domain/image/image.ts';
import type { AlbumRepository } from '../../../albums/album-repository.ts';
import { createPostgresAlbumRepository } from '../../../albums/postgres/postgres.ts';
import { sampleAlbum } from '../../../albums/sample-albums.fixture.ts';
import type { Postgres, Transaction } from '../../../postgres/database.ts';
import { lockWait } from '../../../postgres/lock-waits.fixture.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../../../postgres/migrated-database.fixture.ts';
import { NOW, samplePending, samplePublished } from '../../sample-images.fixture.ts';
import { changed, refusalOf } from './album-rows.ts';

const LATER = new Date(NOW.getTime() + 1);

const sampleReady = (): ReadyImage => samplePublished(samplePending());

const inAlbums = (image: ReadyImage, ...albums: readonly Album[]): ReadyImage =>
  albums.reduce(
    (now, { id: albumId }) => withMember(now, { albumId, added: placeOfAddition(NOW, 0, image.id), moved: null }),
    image,
  );

const repositoryIn = (postgres: Postgres): AlbumRepository => createPostgresAlbumRepository(postgres);

/** As a write of the image's record does. */
async function write(transaction: Transaction, from: ReadyImage, to: ReadyImage): Promise<void> {
  const refusal = await refusalOf(transaction, from, to);
  if (refusal) throw refusal;
  changed(transaction, from, to);
}

const writeNow = (postgres: Postgres, from: ReadyImage, to: ReadyImage): Promise<void> =>
  postgres.transaction((transaction) => write(transaction, from, to));

/** The database as a writer sees it whose transactions are done, and commit once they are told to. */
function withHeldCommits(postgres: Postgres) {
  const [done, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held: Postgres = {
    ...postgres,
    transaction: (work) =>
      postgres.transaction(async (transaction) => {
        const result = await work(transaction);
        await transaction.rows('SELECT 1'); // what was sent before is done
        done.resolve();
        await told.promise;
        return result;
      }),
  };
  return { postgres: held, done: done.promise, commit: told.resolve, [Symbol.dispose]: told.resolve };
}

const rowsOf = (postgres: Postgres, { id }: Album) =>
  postgres.rows('SELECT id, added, place FROM album_rows WHERE album_id = $1 ORDER BY id', [id]);

describe('rows of albums in PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  let database: MigratedDatabase;
  let postgres: Postgres;
  let albums: AlbumRepository;
  before(async () => {
    server = await postgresForTests();
    database = await createMigratedDatabase(server.postgres, { connections: 20 });
    postgres = database.postgres;
    albums = repositoryIn(postgres);
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  async function createAlbums(): Promise<readonly [Album, Album, Album]> {
    const all = [sampleAlbum(), sampleAlbum(), sampleAlbum()] as const;
    for (const album of all) await albums.create(album);
    return all;
  }

  it('stand where the image does, by addition and by hand', async () => {
    const [album] = await createAlbums();
    const image = sampleReady();
    const added = placeOfAddition(NOW, 3, image.id);
    const [moved = ''] = placesBetween(undefined, added, 1) ?? [];
    const joined = withMember(image, { albumId: album.id, added, moved: null });
    await writeNow(postgres, image, joined);
    assert.deepEqual(await rowsOf(postgres, album), [[image.id, `${added}#${image.id}`, `${added}#${image.id}`]]);
    const elsewhere = withMember(image, { albumId: album.id, added, moved });
    await writeNow(postgres, joined, elsewhere);
    assert.deepEqual(await rowsOf(postgres, album), [[image.id, `${added}#${image.id}`, `${moved}#${image.id}`]]);
    assert.deepEqual(await albums.count([album]), [1]);
    await postgres.transaction(async (transaction) => changed(transaction, elsewhere, trash(elsewhere, NOW, LATER)));
    assert.deepEqual(await rowsOf(postgres, album), []);
    assert.deepEqual(await albums.count([album]), [0]);
  });

  it('are none of an album of another owner', async () => {
    const album = sampleAlbum({ userId: 'bob' });
    await albums.create(album);
    const image = sampleReady();
    await assert.rejects(writeNow(postgres, image, inAlbums(image, album)), { code: 'album-not-found' });
    assert.deepEqual(await rowsOf(postgres, album), []);
  });

  it('keep a deletion of the album waiting until they are there', async () => {
    const [album, other] = await createAlbums();
    const [image, late] = [sampleReady(), sampleReady()];
    using held = withHeldCommits(postgres);
    const coming = writeNow(held.postgres, image, inAlbums(image, album, other));
    await held.done;
    const deleting = albums.replace(album, deleteAlbum(album, false, LATER));
    await lockWait(postgres);
    assert.deepEqual(await albums.get(album.id), album);
    held.commit();
    await coming;
    assert.equal(await deleting, true);
    assert.equal((await rowsOf(postgres, album)).length, 1);
    await assert.rejects(writeNow(postgres, late, inAlbums(late, other, album)), { code: 'album-not-found' });
    assert.deepEqual(await albums.count([other, album]), [1, 1]);
  });

  it('wait for a deletion of the album that is under way, and then are refused', async () => {
    const [album] = await createAlbums();
    const image = sampleReady();
    using held = withHeldCommits(postgres);
    const deleting = repositoryIn(held.postgres).replace(album, deleteAlbum(album, false, LATER));
    await held.done;
    const refused = assert.rejects(writeNow(postgres, image, inAlbums(image, album)), { code: 'album-not-found' });
    await lockWait(postgres);
    held.commit();
    assert.equal(await deleting, true);
    await refused;
    assert.deepEqual(await rowsOf(postgres, album), []);
  });

  it('wait for no other change of the album, nor it for them; a deletion then waits all the same', async () => {
    const [album] = await createAlbums();
    const [early, image] = [sampleReady(), sampleReady()];
    using first = withHeldCommits(postgres);
    const coming = [writeNow(first.postgres, early, inAlbums(early, album))];
    await first.done;
    using change = withHeldCommits(postgres);
    const touched = touchAlbum(album, LATER);
    const changing = repositoryIn(change.postgres).replace(album, touched);
    await change.done;
    using second = withHeldCommits(postgres);
    coming.push(writeNow(second.postgres, image, inAlbums(image, album)));
    await second.done;
    change.commit();
    assert.equal(await changing, true);
    const again = touchAlbum(touched, LATER);
    assert.equal(await albums.replace(touched, again), true);
    const deleting = albums.replace(again, deleteAlbum(again, false, LATER));
    await lockWait(postgres);
    first.commit();
    await coming[0];
    await lockWait(postgres);
    second.commit();
    assert.equal(await deleting, true);
    await Promise.all(coming);
    assert.deepEqual(await albums.count([album]), [2]);
  });

  it('are counted exactly while many images come into several albums and leave them', async () => {
    const all = await createAlbums();
    const images = Array.from({ length: 30 }, sampleReady);
    await Promise.all(
      images.map(async (image, n) => {
        const everywhere = inAlbums(image, ...all);
        await writeNow(postgres, image, everywhere);
        if (n % 3 > 0) await writeNow(postgres, everywhere, withoutAlbum(everywhere, all[n % 3]?.id ?? all[0].id));
      }),
    );
    assert.deepEqual(await albums.count(all), [30, 20, 20]);
    for (const [n, album] of all.entries()) {
      const images = n === 0 ? 30 : 20;
      assert.equal((await rowsOf(postgres, album)).length, images);
      assert.deepEqual(await albums.recount(album), { images, was: images });
    }
  });

  it('are counted once more exactly while others come and go', async () => {
    const [album] = await createAlbums();
    const images = Array.from({ length: 30 }, sampleReady);
    const come = (image: ReadyImage) => writeNow(postgres, image, inAlbums(image, album));
    const go = (image: ReadyImage) => writeNow(postgres, inAlbums(image, album), image);
    assert.deepEqual(await albums.recount(album), { images: 0, was: 0 });
    await Promise.all(images.slice(0, 15).map(come));
    await postgres.change('UPDATE album_counts SET images = images + 9 WHERE album_id = $1 AND shard = 5', [album.id]);
    assert.deepEqual(await albums.count([album]), [24]);
    using held = withHeldCommits(postgres);
    const leaving = sampleReady();
    const coming = writeNow(held.postgres, leaving, inAlbums(leaving, album));
    await held.done;
    const [once] = await Promise.all([
      albums.recount(album),
      lockWait(postgres).then(async () => {
        held.commit();
        await coming;
      }),
    ]);
    assert.deepEqual(once, { images: 16, was: 25 });
    await go(leaving);
    await Promise.all([
      ...images.slice(15).map(come),
      ...images.slice(0, 10).map(go),
      ...Array.from({ length: 5 }, () => albums.recount(album)),
    ]);
    assert.deepEqual(await albums.count([album]), [20]);
    assert.deepEqual(await albums.recount(album), { images: 20, was: 20 });
    await albums.replace(album, deleteAlbum(album, false, LATER));
    await assert.rejects(albums.recount(album), { code: 'album-not-found' });
    assert.deepEqual(await albums.count([album]), [20]);
  });
});
