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
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { listAll, readyQuery } from '../list-model.fixture.ts';
import { NOW, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { COLUMNS, cellsOf } from './image-row.ts';
import { createSqliteImageRepository } from './sqlite.ts';

/** The steps before the one that makes these rows. */
const FORMER = MIGRATIONS.slice(0, 4);
const IMAGES = 1_203;

describe('rows by capture', () => {
  it('are written for the images of a database of the former version, but for records that it can not read', async () => {
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
    const insert = former.prepare(`INSERT INTO images (${COLUMNS}) VALUES (${COLUMNS.map(() => '?')})`);
    former.exec('BEGIN');
    for (const image of stored) insert.run(...cellsOf(image, COLUMNS));
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
      IMAGES - 3,
    );
    assert.deepEqual(await images.months({ limit: 1_000 }), months);
  });
});

const placeOf = ({ id, facts }: Pick<ReadyImage, 'id' | 'facts'>): string =>
  `${facts?.takenByHand ?? NOW.toISOString().slice(0, -1)}#${id}`;
