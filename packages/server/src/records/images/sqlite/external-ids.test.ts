import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UNLIMITED } from '../../../domain/usage/quota.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { COLUMNS, cellsOf } from '../image-row.ts';
import { samplePending, sampleTokenUse } from '../sample-images.fixture.ts';
import { createSqliteImageRepository } from './sqlite.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

/** The first step of the database, and the columns that later ones add. */
const FORMER = MIGRATIONS.slice(0, 1);
const LATER = [
  'external_id',
  'filtered_by',
  'facts',
  'has_details',
  'albums',
  'guest_name',
  'replaces',
  'parts',
  'former_id',
  'fetch_from',
];

describe('external ids in SQLite', () => {
  it('are added to a database of the former version, whose images have none', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-former-'));
    const [old, fresh] = [samplePending(), samplePending({ externalId: 'order-1042' })];
    const former = openDatabase(folder.path, FORMER);
    const columns = COLUMNS.filter((column) => !LATER.includes(column));
    former.prepare(`INSERT INTO images (${columns}) VALUES (${columns.map(() => '?')})`).run(...cellsOf(old, columns));
    former.close();

    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const images = createSqliteImageRepository(database, writes);
    assert.deepEqual(await images.get(old.id), old);
    assert.equal(await images.create(fresh), true);
    assert.deepEqual(await images.findByExternalId('ada', 'order-1042'), fresh);
  });

  it('are looked up by their index', async () => {
    await using harness = await createSqliteHarness();
    const plan = harness.database
      .prepare('EXPLAIN QUERY PLAN SELECT id FROM images WHERE user_id = ? AND external_id = ?')
      .all('ada', 'a') as unknown as readonly (readonly unknown[])[];
    assert.match(String(plan[0]), /SEARCH images USING INDEX images_by_external_id/);
  });

  it('are judged after an upload token, and before a quota', async () => {
    await using harness = await createSqliteHarness({ countsWith: { ...UNLIMITED, images: 1 } });
    const { images } = harness;
    assert.equal(await images.create(samplePending({ externalId: 'a' }), sampleTokenUse({ tokenId: 'one' })), true);
    const rival = () => samplePending({ externalId: 'a' });
    await assert.rejects(images.create(rival(), sampleTokenUse({ tokenId: 'one' })), { code: 'upload-token-used-up' });
    await assert.rejects(images.create(rival()), { code: 'external-id-taken' });
    await assert.rejects(images.create(samplePending()), { code: 'quota-exceeded' });
  });
});
