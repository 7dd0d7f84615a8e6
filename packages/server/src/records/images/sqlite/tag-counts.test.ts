import assert from 'node:assert/strict';
import type { SQLInputValue } from 'node:sqlite';
import { describe, it } from 'node:test';
import { MAX_COUNTED } from '../../../domain/lists/tags.ts';
import { allRows } from '../../sqlite/rows.ts';
import { addReady } from '../sample-images.fixture.ts';
import { KNOWN_BYTES_SQL } from './known-bytes.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';
import { COUNT_OF_TAG_SQL, NEXT_TAG_SQL } from './tag-counts.ts';

describe('the bytes that an owner has', () => {
  it('are found by one index', async () => {
    await using harness = await createSqliteHarness();
    const plan = allRows(harness.database.prepare(`EXPLAIN QUERY PLAN ${KNOWN_BYTES_SQL}`), ['ada', 'a', 'ready']);
    assert.deepEqual(
      plan.map((row) => row[3]),
      ['SEARCH images USING INDEX images_by_user_and_bytes (user_id=? AND sha256=? AND status=?)'],
    );
  });
});

describe('the tags of an owner', () => {
  it('are read by steps of one index', async () => {
    await using harness = await createSqliteHarness();
    const planOf = (sql: string, parameters: readonly SQLInputValue[]) =>
      allRows(harness.database.prepare(`EXPLAIN QUERY PLAN ${sql}`), parameters).map((row) => String(row[3]));
    assert.deepEqual(planOf(NEXT_TAG_SQL, ['ada', 'a', 'b']), [
      'SEARCH image_tags USING COVERING INDEX image_tags_by_user (user_id=? AND tag>? AND tag<?)',
    ]);
    assert.ok(
      planOf(COUNT_OF_TAG_SQL, ['ada', 'a']).includes(
        'SEARCH image_tags USING COVERING INDEX image_tags_by_user (user_id=? AND tag=?)',
      ),
    );
  });

  it('are counted up to a limit', async () => {
    await using harness = await createSqliteHarness();
    for (let n = 0; n < MAX_COUNTED; n += 1) await addReady(harness.images, { userId: 'ada', tags: ['sea'] });
    const counted = () => harness.images.tags({ userId: 'ada', prefix: '', limit: 50 });
    assert.deepEqual(await counted(), [{ tag: 'sea', images: MAX_COUNTED, isMore: false }]);
    await addReady(harness.images, { userId: 'ada', tags: ['sea'] });
    assert.deepEqual(await counted(), [{ tag: 'sea', images: MAX_COUNTED, isMore: true }]);
  });
});
