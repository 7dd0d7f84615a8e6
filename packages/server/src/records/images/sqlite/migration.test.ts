import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  describe as describeImage,
  expire,
  type Image,
  reject,
  restore,
  retagged,
  revokeLinks,
  scheduleMaintenance,
  tombstone,
  trash,
  withLinks,
} from '../../../domain/image/image.ts';
import { recordRenditionCrash } from '../../../domain/image/rendition-failures.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { migrate } from '../../sqlite/migrations.ts';
import { allRows } from '../../sqlite/rows.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { allDue } from '../all-due.fixture.ts';
import { readyQuery } from '../list-model.fixture.ts';
import { NOW, sampleLink, samplePending, samplePublished, sampleTokenUse } from '../sample-images.fixture.ts';
import { COLUMNS, cellsOf } from './image-row.ts';
import { createSqliteImageRepository } from './sqlite.ts';

const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe('a database of a version without renditions, entity tags and focal points', () => {
  const ready = { ...samplePublished(samplePending({ tags: ['red'] })), dominantColor: null };
  const pending = samplePending({ lookAt: later(10) });
  const refused = reject(samplePending(), { code: 'empty-upload', detail: 'no bytes' }, NOW);
  const forgotten = { ...tombstone(samplePending(), NOW), remains: { forgetAt: later(99) } };

  it('keeps its records; ready ones have no color, due time, failures, entity tag or focal point', async () => {
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

  it('accepts focal points, maintenance, rendition failures and entity tags from then on', async () => {
    await using old = await migrated([ready]);
    const due = retagged(scheduleMaintenance(ready, later(5)), '"t1"');
    const noted = recordRenditionCrash(due, { rendition: 'r1', detail: 'it died', at: later(5) });
    assert.equal(await old.images.replace(ready, noted), true);
    assert.deepEqual(await old.images.get(ready.id), noted);
    assert.deepEqual(await allDue(old.images, later(5), 10), [noted]);
    const focused = describeImage(noted, { focalPoint: { x: 0.1, y: 0.9 } }, later(6));
    assert.equal(await old.images.replace(noted, focused), true);
    assert.deepEqual(await old.images.get(ready.id), focused);
  });
});

describe('a database of a version without visibility, epochs, upload tokens and links', () => {
  const BEFORE_SHARING = MIGRATIONS.findIndex((one) => String(one).endsWith('/sharing.sql'));
  const ready = samplePublished(samplePending({ tags: ['red'], uploadedBy: 'key-1' }));
  const others = [
    samplePending(),
    trash(samplePublished(samplePending()), NOW, later(10)),
    reject(samplePending(), { code: 'empty-upload', detail: 'no bytes' }, NOW),
    expire(samplePending(), NOW),
    tombstone(samplePending(), NOW),
  ];

  it('keeps its records: all are private, at epoch 0, without token and links', async () => {
    assert.notEqual(BEFORE_SHARING, -1);
    await using old = await migrated([ready, ...others], BEFORE_SHARING);
    for (const image of [ready, ...others]) {
      assert.deepEqual([image.visibility, image.epoch, image.token], ['private', 0, null]);
      assert.deepEqual(await old.images.get(image.id), image);
    }
    assert.deepEqual(await old.images.find(readyQuery()), { images: [ready], next: null });
  });

  it('accepts a visibility, links, uses of tokens and a revocation from then on', async () => {
    await using old = await migrated([ready], BEFORE_SHARING);
    const linked = withLinks(ready, [sampleLink()]);
    const shared = describeImage(linked, { visibility: 'public' }, later(1));
    const revoked = revokeLinks(shared, later(2));
    let before: Image = ready;
    for (const image of [linked, shared, withLinks(shared, [sampleLink()]), revoked]) {
      assert.equal(await old.images.replace(before, image), true);
      assert.deepEqual(await old.images.get(ready.id), image);
      before = image;
    }
    const marked = samplePending({ token: { id: 'token', maxBytes: 5_000 } });
    const use = sampleTokenUse({ maxImages: 1 });
    assert.equal(await old.images.create(marked, use), true);
    assert.deepEqual(await old.images.get(marked.id), marked);
    await assert.rejects(old.images.create(samplePending(), use), { code: 'upload-token-used-up' });
  });
});

describe('the rebuild of the table of images', () => {
  const BEFORE_TRASH = 6;
  const ROWS = 20_000;

  it('keeps every row, row number and index, and accepts a trashed image', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-migration-'));
    const path = join(folder.path, 'safelight.db');
    const ready = samplePublished(samplePending({ tags: ['red'] }));
    writeVersion(path, BEFORE_TRASH, [ready]);
    const schema = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'images' ORDER BY name";
    const before = read(path, schema);
    {
      using database = openDatabase(folder.path, MIGRATIONS);
      await using writes = createGroupCommit(database);
      const images = createSqliteImageRepository(database, writes);
      const trashed = trash(ready, NOW, later(10));
      assert.equal(await images.replace(ready, trashed), true);
      assert.deepEqual(await images.get(ready.id), trashed);
      assert.equal(await images.replace(trashed, restore(trashed, NOW)), true);
      const { images: listed } = await images.find(readyQuery({ tags: ['red'] }));
      assert.equal(listed.length, 1);
    }
    assert.deepEqual(read(path, schema), before);
  });

  it('leaves the old table complete if the process is killed, and the next start rebuilds it', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-migration-'));
    const path = join(folder.path, 'safelight.db');
    writeVersion(path, BEFORE_TRASH, [samplePublished(samplePending())]);
    multiply(path, ROWS);
    for (let kill = 1; kill <= 5; kill += 1) {
      const rebuilding = fork(
        join(import.meta.dirname, 'rebuilding-process.fixture.ts'),
        [folder.path, String(BEFORE_TRASH + 1)],
        { stdio: 'ignore' },
      );
      const exited = once(rebuilding, 'exit');
      // The transaction has written pages, and isn't committed.
      while (sizeOf(`${path}-wal`) < kill * 1_000_000 && rebuilding.exitCode === null) await nextTurn();
      rebuilding.kill('SIGKILL');
      await exited;
      const [[version] = []] = read(path, 'PRAGMA user_version');
      assert.ok(version === BEFORE_TRASH || version === BEFORE_TRASH + 1);
      assert.deepEqual(read(path, 'SELECT count(*) FROM images'), [[ROWS]]);
      if (version !== BEFORE_TRASH) break;
      const [[tables] = []] = read(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'images_rebuilt'");
      assert.equal(tables, 0);
    }
    using database = openDatabase(folder.path, MIGRATIONS);
    assert.deepEqual(allRows(database.prepare('SELECT count(*), min(n), max(n) FROM images'), []), [[ROWS, 1, ROWS]]);
    assert.deepEqual(allRows(database.prepare('PRAGMA integrity_check'), []), [['ok']]);
  });

  it('leaves the old table complete if the disk is full, and works with room again', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-migration-'));
    const path = join(folder.path, 'safelight.db');
    writeVersion(path, BEFORE_TRASH, [samplePublished(samplePending())]);
    multiply(path, ROWS);
    const steps = MIGRATIONS.slice(0, BEFORE_TRASH + 1);
    {
      using database = new DatabaseSync(path, { returnArrays: true });
      const [[pages] = []] = allRows(database.prepare('PRAGMA page_count'), []);
      // SQLite answers SQLITE_FULL at this size, as at the end of the disk.
      for (const room of [10, 100, 1_000]) {
        database.exec(`PRAGMA max_page_count = ${Number(pages) + room}`);
        assert.throws(() => migrate(database, steps), /full/);
        assert.deepEqual(allRows(database.prepare('PRAGMA user_version'), []), [[BEFORE_TRASH]]);
        assert.deepEqual(allRows(database.prepare('SELECT count(*) FROM images'), []), [[ROWS]]);
      }
    }
    using database = openDatabase(folder.path, MIGRATIONS);
    assert.deepEqual(allRows(database.prepare('SELECT count(*) FROM images'), []), [[ROWS]]);
  });
});

const read = (path: string, sql: string) => {
  using database = new DatabaseSync(path, { returnArrays: true });
  return allRows(database.prepare(sql), []);
};

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Copies the only row. */
function multiply(path: string, rows: number): void {
  using database = new DatabaseSync(path);
  const columns = "SELECT group_concat(name) AS names FROM pragma_table_info('images') WHERE name NOT IN ('n', 'id')";
  const { names } = database.prepare(columns).get() ?? {};
  database.exec(`
    PRAGMA journal_mode = WAL;
    WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows})
    INSERT INTO images (n, id, ${names})
    SELECT numbers.n, format('0198f0a0-0000-7000-8000-%012x', numbers.n), ${names} FROM numbers CROSS JOIN images WHERE images.n = 1;
  `);
}

/** The repository on a database whose `images` were written by the version of the first migrations, by default two. */
async function migrated(images: readonly Image[], version = 2) {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await mkdtempDisposable(join(tmpdir(), 'safelight-migration-')));
  writeVersion(join(folder.path, 'safelight.db'), version, images);
  const database = opened.use(openDatabase(folder.path, MIGRATIONS));
  const writes = opened.use(createGroupCommit(database));
  const held = opened.move();
  return {
    images: createSqliteImageRepository(database, writes),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function writeVersion(path: string, version: number, images: readonly Image[]): void {
  using database = new DatabaseSync(path, { returnArrays: true });
  migrate(database, MIGRATIONS.slice(0, version));
  const known = allRows(database.prepare("SELECT name FROM pragma_table_info('images')"), []).map(([name]) => name);
  const columns = COLUMNS.filter((column) => known.includes(column));
  const insert = database.prepare(`INSERT INTO images (${columns}) VALUES (${columns.map(() => '?')})`);
  for (const image of images) insert.run(...cellsOf(image, columns));
  database.exec(`
    INSERT INTO image_tags (tag, id, user_id, content_type, n)
    SELECT tag.value, i.id, user_id, content_type, n FROM images i CROSS JOIN json_each(tags) tag WHERE status = 'ready';
  `);
}
