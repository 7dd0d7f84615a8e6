import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NOTHING_SAID } from '../../../domain/facts/facts.ts';
import type { WallClock } from '../../../domain/facts/wall-clock.ts';
import { type Image, type ReadyImage, tombstone, trash } from '../../../domain/image/image.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { allRows } from '../../sqlite/rows.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { COLUMNS, cellsOf } from '../image-row.ts';
import { listAll, readyQuery } from '../list-model.fixture.ts';
import { addReady, NOW, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { FILLED_SQL } from './fill-captured.ts';
import { createSqliteImageRepository } from './sqlite.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

/** The steps before the one that makes these rows. */
const FORMER = MIGRATIONS.slice(0, 4);
const IMAGES = 1_203;

/** Columns that later steps add. */
const LATER: readonly string[] = ['albums', 'guest_name', 'replaces', 'parts', 'former_id', 'fetch_from'];

describe('rows by capture', () => {
  it('are written for the images of a database of the former version, also for a record that it can not read', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-former-'));
    const ready = Array.from({ length: IMAGES }, (_, n) => {
      const at = `20${String(n % 100).padStart(2, '0')}-03-04T05:06:07.008` as WallClock;
      const image = samplePublished(samplePending({ tags: n % 2 ? ['odd', 'all'] : ['all'] }));
      return { ...image, facts: n % 3 ? { ...NOTHING_SAID.facts, takenByHand: at } : null };
    });
    const [trashed, spoiled, deleted] = ready;
    assert.ok(trashed && spoiled && deleted);
    const stored: Image[] = [trash(trashed, NOW, NOW), spoiled, tombstone(deleted, NOW), ...ready.slice(3)];
    const former = openDatabase(folder.path, FORMER);
    const columns = COLUMNS.filter((column) => !LATER.includes(column));
    const insert = former.prepare(`INSERT INTO images (${columns}) VALUES (${columns.map(() => '?')})`);
    former.exec('BEGIN');
    for (const image of stored) insert.run(...cellsOf(image, columns));
    former.exec('COMMIT');
    former.prepare("UPDATE images SET metadata = 'no JSON' WHERE id = ?").run(spoiled.id);
    former.close();

    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const images = createSqliteImageRepository(database, writes);
    const order = 'taken-newest';
    const sorted = ready.slice(3).toSorted((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1));
    assert.deepEqual(await listAll(images, readyQuery({ order })), sorted);
    const odd = sorted.filter(({ tags }) => tags.includes('odd'));
    assert.deepEqual(await listAll(images, readyQuery({ order, userId: 'ada', tags: ['odd', 'all'] })), odd);
    const months = await images.months({ userId: 'ada', limit: 1_000 });
    assert.equal(
      months.reduce((sum, month) => sum + month.images, 0),
      IMAGES - 2,
    );
    assert.deepEqual(await images.months({ limit: 1_000 }), months);
  });

  it('of a step read images by row number, and sort none', async () => {
    await using harness = await createSqliteHarness();
    const plan = allRows(harness.database.prepare(`EXPLAIN QUERY PLAN ${FILLED_SQL}`), []);
    assert.deepEqual(
      plan.map(([, , , detail]) => detail),
      ['SEARCH images USING INTEGER PRIMARY KEY (rowid>?)'],
    );
  });

  it('that are missing are not counted out of a month', async () => {
    await using harness = await createSqliteHarness();
    const { images, database } = harness;
    const [kept, lost] = [await addReady(images), await addReady(images)];
    database.prepare('DELETE FROM captured_rows WHERE at LIKE ?').run(`%${lost.id}`);
    assert.equal(await images.replace(lost, tombstone(lost, NOW)), true);
    assert.deepEqual(await images.months({ userId: 'ada', limit: 9 }), [{ month: '2026-11', images: 2 }]);
    await harness.usage.recount(NOW, () => undefined);
    for (const userId of ['ada', undefined])
      assert.deepEqual(await images.months({ userId, limit: 9 }), [{ month: '2026-11', images: 1 }]);
    assert.deepEqual(await listAll(images, readyQuery({ order: 'taken-newest' })), [kept]);
  });

  it('are what a recount counts, of each owner and of all', async () => {
    await using harness = await createSqliteHarness();
    const { images, database } = harness;
    for (const userId of ['ada', 'bob', 'ada']) await addReady(images, { userId });
    database.exec("UPDATE captured_months SET images = images + 7 WHERE user_id = 'bob' OR user_id = ''");
    database.exec(
      "INSERT INTO captured_months (user_id, month, images) VALUES ('eve', '1987-01', 3), ('', '1987-01', 3)",
    );
    await harness.usage.recount(NOW, () => undefined);
    const months = (count: number) => [{ month: '2026-11', images: count }];
    assert.deepEqual(await images.months({ userId: 'ada', limit: 9 }), months(2));
    assert.deepEqual(await images.months({ userId: 'bob', limit: 9 }), months(1));
    assert.deepEqual(await images.months({ userId: 'eve', limit: 9 }), []);
    assert.deepEqual(await images.months({ limit: 9 }), months(3));
  });
});

const placeOf = ({ id, facts }: Pick<ReadyImage, 'id' | 'facts'>): string =>
  `${facts?.takenByHand ?? NOW.toISOString().slice(0, -1)}#${id}`;
