import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allRows } from '../../records/sqlite/rows.ts';
import { STATEMENTS } from './job-statements.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

const BY_ROW = ['SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)'];

const PLANS = {
  send: [],
  due: ['SEARCH jobs USING INDEX jobs_by_due (due_at>? AND due_at<?)'],
  nextDue: ['SEARCH jobs USING COVERING INDEX jobs_by_due (due_at>?)'],
  handOut: BY_ROW,
  postpone: BY_ROW,
  remove: BY_ROW,
  bury: BY_ROW,
  countDead: ['SEARCH dead_letters USING PRIMARY KEY (died_at>?)'],
  forget: [
    'SEARCH dead_letters USING PRIMARY KEY (died_at=? AND n=?)',
    'LIST SUBQUERY 2',
    'SEARCH dead_letters USING PRIMARY KEY (died_at<?)',
  ],
} satisfies Record<keyof typeof STATEMENTS, readonly string[]>;

describe('the plan of a queue statement', () => {
  for (const [name, sql] of Object.entries(STATEMENTS)) {
    it(`uses the expected indexes: ${name}`, async () => {
      await using harness = await createSqliteHarness();
      const plan = allRows(harness.database.prepare(`EXPLAIN QUERY PLAN ${sql}`), []).map(([, , , detail]) => detail);
      assert.deepEqual(plan, PLANS[name as keyof typeof PLANS]);
    });
  }
});
