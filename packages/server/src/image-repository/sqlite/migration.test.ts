import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import {
  expire,
  type Image,
  recordRenditionCrash,
  reject,
  retagged,
  scheduleMaintenance,
  tombstone,
} from '../../domain/image/image.ts';
import { MIGRATIONS } from '../../migrations.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { migrate } from '../../sqlite/migrations.ts';
import { allRows } from '../../sqlite/rows.ts';
import { allDue } from '../all-due.fixture.ts';
import { readyQuery } from '../list-model.fixture.ts';
import { NOW, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { COLUMNS, cellsOf } from './image-row.ts';
import { createSqliteImageRepository } from './sqlite.ts';

const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe('a database of a version without renditions and entity tags', () => {
  const ready = { ...samplePublished(samplePending({ tags: ['red'] })), dominantColor: null };
  const pending = samplePending({ lookAt: later(10) });
  const refused = reject(samplePending(), { code: 'empty-upload', detail: 'no bytes' }, NOW);
  const forgotten = { ...tombstone(samplePending(), NOW), remains: { forgetAt: later(99) } };

  it('keeps its records; ready ones have no color, due time, failures or entity tag', async () => {
    await using old = await migrated([ready, pending, refused, forgotten]);
    for (const image of [ready, pending, refused, forgotten]) {
      assert.deepEqual(await old.images.get(image.id), image);
    }
    for (const tags of [[], ['red']]) {
      assert.deepEqual(await old.images.find(readyQuery({ tags })), { images: [ready], next: null });
    }
    assert.deepEqual(await allDue(old.images, later(10 ** 6), 10), [pending, refused]);
  });

  it('drops the descriptions of ended images, and raises their revisions', async () => {
    const said = { filename: 'me.jpg', tags: ['me'], description: 'me', metadata: { me: 1 } };
    const over = [forgotten, refused, expire(samplePending(), NOW)] as const;
    const live = samplePending(said);
    await using old = await migrated([live, ...over.map((image) => ({ ...image, ...said }))]);
    for (const image of over) {
      const filename = image.status === 'rejected' ? 'me.jpg' : 'image.jpg';
      const left = { ...image, tags: [], description: null, metadata: {}, filename, revision: image.revision + 1 };
      assert.deepEqual(await old.images.get(image.id), left);
    }
    assert.deepEqual(await old.images.get(live.id), live);
  });

  it('accepts maintenance, rendition failures and entity tags from then on', async () => {
    await using old = await migrated([ready]);
    const due = retagged(scheduleMaintenance(ready, later(5)), '"t1"');
    const noted = recordRenditionCrash(due, { rendition: 'r1', detail: 'it died', at: later(5) });
    assert.equal(await old.images.replace(ready, noted), true);
    assert.deepEqual(await old.images.get(ready.id), noted);
    assert.deepEqual(await allDue(old.images, later(5), 10), [noted]);
  });
});

/** The repository on a database whose `images` were written by the version of the first two migrations. */
async function migrated(images: readonly Image[]) {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await mkdtempDisposable(join(tmpdir(), 'safelight-migration-')));
  writeSecondVersion(join(folder.path, 'safelight.db'), images);
  const database = opened.use(openDatabase(folder.path, MIGRATIONS));
  const writes = opened.use(createGroupCommit(database));
  const held = opened.move();
  return {
    images: createSqliteImageRepository(database, writes),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function writeSecondVersion(path: string, images: readonly Image[]): void {
  using database = new DatabaseSync(path, { returnArrays: true });
  migrate(database, MIGRATIONS.slice(0, 2));
  const known = allRows(database.prepare("SELECT name FROM pragma_table_info('images')"), []).map(([name]) => name);
  const columns = COLUMNS.filter((column) => known.includes(column));
  const insert = database.prepare(`INSERT INTO images (${columns}) VALUES (${columns.map(() => '?')})`);
  for (const image of images) insert.run(...cellsOf(image, columns));
  database.exec(`
    INSERT INTO image_tags (tag, id, user_id, content_type, n)
    SELECT tag.value, i.id, user_id, content_type, n FROM images i CROSS JOIN json_each(tags) tag WHERE status = 'ready';
  `);
}
