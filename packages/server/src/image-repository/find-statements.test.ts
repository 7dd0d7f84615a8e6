import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openDatabase } from '../sqlite/database.ts';
import { allRows } from '../sqlite/rows.ts';
import { countSql, type FindShape, findSql } from './find-statements.ts';

/** What walks in order: every filter is a term of the index, so the rows stepped over are the rows answered. */
const DRIVERS = {
  all: 'images USING INDEX images_by_status (status=? AND id>? AND id<?)',
  user: 'images USING INDEX images_by_user (user_id=? AND status=? AND id>? AND id<?)',
  type: 'images USING INDEX images_by_type (content_type=? AND id>? AND id<?)',
  'user + type': 'images USING INDEX images_by_user_and_type (user_id=? AND content_type=? AND id>? AND id<?)',
  tag: 't USING PRIMARY KEY (tag=? AND id>? AND id<?)',
  'user + tag': 't USING COVERING INDEX image_tags_by_user (user_id=? AND tag=? AND id>? AND id<?)',
  'tag + type': 't USING COVERING INDEX image_tags_by_type (tag=? AND content_type=? AND id>? AND id<?)',
  'user + tag + type':
    't USING COVERING INDEX image_tags_by_user_and_type (user_id=? AND tag=? AND content_type=? AND id>? AND id<?)',
} as const;

describe('the plan of every list', () => {
  for (const [name, driver] of Object.entries(DRIVERS)) {
    const shape = { hasUser: name.includes('user'), hasType: name.includes('type') };
    if (!name.includes('tag')) {
      it(`by ${name} is one walk down its index`, async () => {
        assert.deepEqual(await planOf(findSql({ ...shape, tagCount: 0 })), [`SEARCH ${driver}`]);
      });
      continue;
    }
    for (const tagCount of [1, 2, 20]) {
      it(`by ${name} with ${tagCount} in all looks up the other tags before the record`, async () => {
        assert.deepEqual(await planOf(findSql({ ...shape, tagCount })), [
          `SEARCH ${driver}`,
          ...otherTags(tagCount),
          'SEARCH i USING INTEGER PRIMARY KEY (rowid=?)',
        ]);
      });
    }
    it(`by ${name} counts along the same index`, async () => {
      assert.ok((await planOf(countSql({ ...shape, tagCount: 2 }))).includes(`SEARCH ${driver}`));
    });
  }
});

const otherTags = (tagCount: FindShape['tagCount']): string[] =>
  Array.from({ length: tagCount - 1 }, (_, index) => `SEARCH t${index} USING PRIMARY KEY (tag=? AND id=?)`);

async function planOf(sql: string): Promise<unknown[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-plan-'));
  using database = openDatabase(folder.path);
  return allRows(database.prepare(`EXPLAIN QUERY PLAN ${sql}`), []).map(([, , , detail]) => detail);
}
