import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allRows } from '../../sqlite/rows.ts';
import { KNOWN_BYTES_SQL } from './known-bytes.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

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
