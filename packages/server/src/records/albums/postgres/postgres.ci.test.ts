import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { deleteAlbum, touchAlbum, withDeletion } from '../../../domain/album/album.ts';
import { placeOfAddition } from '../../../domain/album/album-place.ts';
import { withMember } from '../../../domain/album/membership.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { beginLog } from '../../events/postgres/begin-log.ts';
import { createEventWrites } from '../../events/postgres/event-writes.ts';
import { createPostgresImageRepository } from '../../images/postgres/postgres.ts';
import { addReady, NOW } from '../../images/sample-images.fixture.ts';
import { createMigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { withPlans } from '../../postgres/plans.fixture.ts';
import { describeAlbumRepository } from '../album-repository.contract.ts';
import { sampleAlbum } from '../sample-albums.fixture.ts';
import { createPostgresAlbumRepository } from './postgres.ts';

const LATER = new Date(NOW.getTime() + 86_400_000);

describe('albums in PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createHarness() {
    const database = await createMigratedDatabase(server.postgres);
    const { postgres } = database;
    const events: ServiceEvent[] = [];
    return {
      postgres,
      events,
      images: createPostgresImageRepository(postgres),
      albums: createPostgresAlbumRepository(postgres, { observe: (event) => void events.push(event) }),
      forgets: 'when told' as const,
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  }

  describeAlbumRepository('PostgreSQL', createHarness);

  it('logs each change of a record with it, and none that was not written', async () => {
    await using harness = await createHarness();
    const { postgres } = harness;
    await beginLog(postgres);
    const albums = createPostgresAlbumRepository(postgres, { events: createEventWrites({ now: () => NOW }) });
    const album = sampleAlbum();
    await albums.create(album);
    await assert.rejects(albums.create(album), /is taken/);
    const touched = touchAlbum(album, LATER);
    assert.equal(await albums.replace(album, touched), true);
    assert.equal(await albums.replace(album, touched), false);
    const logged = await postgres.rows('SELECT image_id, revision FROM events ORDER BY sequence');
    assert.deepEqual(logged, [
      [album.id, 1],
      [album.id, 2],
    ]);
  });

  it('leaves out of lists a record that cannot be read, and says so', async () => {
    await using harness = await createHarness();
    const { albums, postgres, events } = harness;
    const [sound, damaged, newest] = [sampleAlbum(), sampleAlbum(), sampleAlbum({ createdAt: LATER })];
    for (const album of [sound, damaged, newest]) await albums.create(album);
    await postgres.change(`UPDATE albums SET album = '{"title":1}' WHERE id = $1`, [damaged.id]);
    const query = { userId: 'ada', after: undefined, limit: 3 };
    assert.deepEqual(await albums.find(query), { albums: [newest, sound], next: null });
    const [event] = events;
    assert.ok(events.length === 1 && event?.event === 'warning');
    assert.ok(event.sentence.startsWith(`Lists leave out the album ${damaged.id}: `), event.sentence);
    await assert.rejects(albums.get(damaged.id), TypeError);
  });

  it('forgets a deleted album with its counts, and with rows of images that came back from the trash', async () => {
    await using harness = await createHarness();
    const { albums, images, postgres } = harness;
    const [album, other] = [sampleAlbum(), sampleAlbum()];
    for (const one of [album, other]) await albums.create(one);
    const inBoth = [album, other].reduce(
      (now, { id: albumId }) => withMember(now, { albumId, added: placeOfAddition(NOW, 0, ''), moved: null }),
      await addReady(images),
    );
    assert.equal(await images.replace({ ...inBoth, albums: [] }, inBoth), true);
    const deleted = deleteAlbum(album, false, NOW);
    assert.equal(await albums.replace(album, deleted), true);
    assert.ok(deleted.deletion);
    const finished = withDeletion(deleted, { ...deleted.deletion, finishedAt: NOW }, NOW);
    assert.equal(await albums.replace(deleted, finished), true);
    const left = async () => [
      await postgres.rows('SELECT id FROM albums ORDER BY id'),
      await postgres.rows('SELECT album_id FROM album_rows ORDER BY album_id'),
      await postgres.rows('SELECT album_id FROM album_counts ORDER BY album_id'),
    ];
    const before = await left();
    await albums.forget(new Date(NOW.getTime() + 7 * 86_400_000 - 1));
    assert.deepEqual(await left(), before);
    await albums.forget(new Date(NOW.getTime() + 7 * 86_400_000));
    assert.deepEqual(await left(), [[[other.id]], [[other.id]], [[other.id]]]);
  });

  it('reads no more than a page of lists, also of an owner whose albums are many and all old', async () => {
    await using harness = await createHarness();
    const { postgres } = harness;
    const album = sampleAlbum();
    await harness.albums.create(album);
    await postgres.change(
      `INSERT INTO albums SELECT left(id, -5) || lpad(n::text, 5, '0'), CASE WHEN n <= 12000 THEN 'bob' ELSE 'carol' END,
         version, album, CASE WHEN n % 3 = 1 THEN 'deleting' WHEN n % 3 = 2 THEN 'deleted' ELSE state END, n
       FROM generate_series(1, 30000) n, albums ON CONFLICT DO NOTHING`,
    );
    await postgres.change(
      `INSERT INTO album_rows SELECT id, left(id, -5) || lpad(n::text, 5, '0'), n, n
       FROM albums, generate_series(1, 10) n`,
    );
    await postgres.change('INSERT INTO album_counts SELECT id, shard, 1 FROM albums, generate_series(0, 7) shard');
    await postgres.change('VACUUM ANALYZE');
    const planned = withPlans(postgres);
    const albums = createPostgresAlbumRepository(planned.postgres);
    await albums.get(album.id);
    const { next } = await albums.find({ userId: 'bob', after: undefined, limit: 20 });
    assert.equal((await albums.find({ userId: 'bob', after: next ?? assert.fail(), limit: 100 })).albums.length, 100);
    await albums.deleting(1_000);
    assert.deepEqual(await albums.count([album, sampleAlbum()]), [8, 0]);
    const plans = await planned.plans();
    assert.equal(plans.length, 5);
    for (const plan of plans) {
      assert.match(plan, /Index(?: Only)? Scan|Bitmap Index Scan/);
      assert.doesNotMatch(plan, /Seq Scan|Filter/);
    }
  });
});
