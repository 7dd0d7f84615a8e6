import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import type { ReadyImage } from '../../../../domain/image/image.ts';
import { openDatabase } from '../../../sqlite/database.ts';
import { createGroupCommit } from '../../../sqlite/group-commit.ts';
import { migrate } from '../../../sqlite/migrations.ts';
import { firstRow } from '../../../sqlite/rows.ts';
import { MIGRATIONS } from '../../../sqlite/schema.ts';
import { listAll, searchQuery } from '../../list-model.fixture.ts';
import { NOW, newImageId, samplePending, samplePublished } from '../../sample-images.fixture.ts';
import { COLUMNS, cellsOf } from '../image-row.ts';
import { createSqliteImageRepository } from '../sqlite.ts';

/** The step that makes the index. */
const STEP = MIGRATIONS.findIndex((migration) => !(migration instanceof URL));

const isFilled = (database: DatabaseSync): boolean =>
  firstRow(database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'image_search'"), []) !== undefined;

/** A database of the version before, with images of few milliseconds. */
function writeVersionBefore(folder: string, count: number): ReadyImage[] {
  using database = new DatabaseSync(join(folder, 'safelight.db'), { returnArrays: true });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
  migrate(database, MIGRATIONS.slice(0, STEP));
  const known = database.prepare("SELECT name FROM pragma_table_info('images')").all() as unknown as string[][];
  const columns = COLUMNS.filter((column) => known.some(([name]) => name === column));
  const insert = database.prepare(`INSERT INTO images (${columns}) VALUES (${columns.map(() => '?')})`);
  database.exec('BEGIN');
  const images = Array.from({ length: count }, (_, n) => {
    const id = newImageId(new Date(NOW.getTime() + Math.floor(n / 3)));
    const userId = n % 100 === 0 ? 'ada' : 'bob';
    const pending = samplePending({ id, userId, filename: `IMG_${n}.jpg`, description: n % 2 ? null : 'a café' });
    const ready = samplePublished(pending);
    insert.run(...cellsOf(ready, columns));
    insert.run(...cellsOf(samplePending({ userId: 'ada', filename: 'img.jpg' }), columns));
    return ready;
  });
  database.exec('COMMIT');
  return images;
}

const adas = (images: readonly ReadyImage[]): ReadyImage[] =>
  images.filter(({ userId }) => userId === 'ada').toSorted((a, b) => (a.id < b.id ? 1 : -1));

describe('a database of a version without search', () => {
  it('finds its ready images, and follows them', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-search-'));
    const images = writeVersionBefore(folder.path, 1_000);
    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const repository = createSqliteImageRepository(database, writes);
    const [first, ...others] = adas(images);
    assert.ok(first);
    assert.deepEqual(await listAll(repository, searchQuery('ada', ['img', 'cafe'], { limit: 3 })), [first, ...others]);
    const renamed = { ...first, filename: 'other.jpg', revision: first.revision + 1 };
    assert.equal(await repository.replace(first, renamed), true);
    assert.deepEqual(await listAll(repository, searchQuery('ada', ['img', 'cafe'])), others);
    database.exec("INSERT INTO image_search (image_search) VALUES ('integrity-check')");
  });

  it('finds its other images if one has no valid id', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-search-'));
    const images = writeVersionBefore(folder.path, 300);
    const [spoiled, ...others] = adas(images);
    {
      using old = new DatabaseSync(join(folder.path, 'safelight.db'));
      old.prepare("UPDATE images SET id = 'no-id' WHERE id = ?").run(spoiled?.id ?? '');
    }
    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const repository = createSqliteImageRepository(database, writes);
    assert.deepEqual(await listAll(repository, searchQuery('ada', ['img'])), others);
  });

  it('is as it was if the process is killed meanwhile, and the next start makes the index', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-search-'));
    const images = writeVersionBefore(folder.path, 5_000);
    const script = `
      import { MIGRATIONS } from ${JSON.stringify(new URL('../../../sqlite/schema.ts', import.meta.url).href)};
      import { openDatabase } from ${JSON.stringify(new URL('../../../sqlite/database.ts', import.meta.url).href)};
      const steps = MIGRATIONS.map((step) => step instanceof URL ? step : {
        ...step,
        fill(database) {
          step.fill(database);
          process.stdout.write('filled');
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        },
      });
      openDatabase(${JSON.stringify(folder.path)}, steps);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    {
      using database = new DatabaseSync(join(folder.path, 'safelight.db'), { returnArrays: true });
      assert.equal(isFilled(database), false);
      assert.deepEqual(firstRow(database.prepare('PRAGMA user_version'), []), [STEP]);
    }
    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const repository = createSqliteImageRepository(database, writes);
    assert.deepEqual(await listAll(repository, searchQuery('ada', ['img'], { limit: 1_000 })), adas(images));
  });
});
