import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Image, tombstone } from '../../../domain/image/image.ts';
import { UNLIMITED } from '../../../domain/usage/quota.ts';
import { NO_IMAGES } from '../../../domain/usage/status-counts.ts';
import { COLUMNS, cellsOf } from '../../images/image-row.ts';
import { NOW, samplePending, samplePublished, sampleSettled } from '../../images/sample-images.fixture.ts';
import { createSqliteHarness } from '../../images/sqlite/sqlite-harness.fixture.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { createSqliteUsage } from './usage.ts';

/** What the first step of the database has: no counts by status. */
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
const STATUSES = ['pending', 'held', 'ready', 'ready', 'trashed', 'trashed', 'trashed', 'rejected', 'expired'] as const;

describe('the counts of images by status in SQLite', () => {
  it('are those of all images after the migration of a database of the former version', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-former-'));
    const images: Image[] = STATUSES.map((status) => sampleSettled(samplePending(), status));
    images.push(tombstone(samplePublished(samplePending()), NOW), samplePending({ userId: 'bob' }));
    const former = openDatabase(folder.path, FORMER);
    const columns = COLUMNS.filter((column) => !LATER.includes(column));
    const insert = former.prepare(`INSERT INTO images (${columns}) VALUES (${columns.map(() => '?')})`);
    for (const image of images) insert.run(...cellsOf(image, columns));
    former.close();

    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const usage = createSqliteUsage(database, writes, UNLIMITED);
    assert.deepEqual((await usage.usageOf('ada')).byStatus, { pending: 1, held: 1, ready: 2, trashed: 3 });
    assert.deepEqual((await usage.usageOf('bob')).byStatus, { ...NO_IMAGES, pending: 1 });
    assert.deepEqual((await usage.usageOf('eve')).byStatus, NO_IMAGES);
  });

  it('are also kept while usage is not counted', async () => {
    await using harness = await createSqliteHarness();
    const { images, usage } = harness;
    const image = samplePending();
    await images.create(image);
    await images.replace(image, samplePublished(image));
    assert.deepEqual((await usage.usageOf('ada')).byStatus, { ...NO_IMAGES, ready: 1 });
    assert.equal(await usage.countedSince(), undefined);
  });

  it('are recounted from an index that has owner and status', async () => {
    await using harness = await createSqliteHarness();
    const plan = harness.database
      .prepare(
        'EXPLAIN QUERY PLAN SELECT status, COUNT(*) FROM images WHERE user_id = ? AND status IN (?, ?) GROUP BY status',
      )
      .all('ada', 'ready', 'held') as unknown as readonly (readonly unknown[])[];
    assert.match(String(plan[0]), /SEARCH images USING COVERING INDEX images_by_user \(user_id=\? AND status=\?\)/);
  });
});
