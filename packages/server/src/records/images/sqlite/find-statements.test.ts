import assert from 'node:assert/strict';
import type { SQLInputValue } from 'node:sqlite';
import { describe, it } from 'node:test';
import { allRows } from '../../sqlite/rows.ts';
import { ALL_IMAGES, nameOfTag } from '../captured-names.ts';
import { addSettled } from '../sample-images.fixture.ts';
import { capturedSeekSql, capturedSql } from './captured-statements.ts';
import {
  type FindShape,
  metadataSeekSql,
  metadataSql,
  RECORDS_SQL,
  readySql,
  seekSql,
  statusSql,
  typeSeekSql,
} from './find-statements.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

/** Plans that walk in order: every filter is a term of the index, so a walk reads only rows that it returns. */
const WALKS = {
  all: 'images USING INDEX images_by_status (status=? AND id>? AND id<?)',
  user: 'images USING INDEX images_by_user (user_id=? AND status=? AND id>? AND id<?)',
  type: 'images USING INDEX images_by_type (content_type=? AND id>? AND id<?)',
  'user + type': 'images USING INDEX images_by_user_and_type (user_id=? AND content_type=? AND id>? AND id<?)',
  tag: 'image_tags USING PRIMARY KEY (tag=? AND id>? AND id<?)',
  'user + tag': 'image_tags USING COVERING INDEX image_tags_by_user (user_id=? AND tag=? AND id>? AND id<?)',
  'tag + type': 'image_tags USING COVERING INDEX image_tags_by_type (tag=? AND content_type=? AND id>? AND id<?)',
  'user + tag + type':
    'image_tags USING COVERING INDEX image_tags_by_user_and_type (user_id=? AND tag=? AND content_type=? AND id>? AND id<?)',
} as const;

const shapeOf = (name: string, direction: FindShape['direction'], tagCount: number): FindShape => ({
  hasUser: name.includes('user'),
  hasType: name.includes('type'),
  tagCount: name.includes('tag') ? tagCount : 0,
  direction,
});

for (const order of ['newest', 'oldest'] as const) {
  describe(`the plan of every list, ${order} first`, () => {
    for (const [name, walk] of Object.entries(WALKS)) {
      if (!name.includes('tag')) {
        it(`by ${name} is one range scan of its index`, async () => {
          assert.deepEqual(await planOf(readySql(shapeOf(name, order, 0))), [`SEARCH ${walk}`]);
        });
        continue;
      }
      for (const tagCount of [1, 2, 20]) {
        it(`by ${name} with any of ${tagCount} merges as many range scans, and looks up records after the limit`, async () => {
          const plan = await planOf(readySql(shapeOf(name, order, tagCount)));
          assert.equal(plan.filter((step) => step === 'MERGE (UNION)').length, tagCount - 1);
          assert.deepEqual(
            plan.filter((step) => !MERGING.includes(step)),
            [
              'CO-ROUTINE listed',
              ...Array.from({ length: tagCount }, () => `SEARCH ${walk}`),
              'SCAN listed',
              'SEARCH i USING INTEGER PRIMARY KEY (rowid=?)',
            ],
          );
        });
      }
      it(`by ${name} with all of several seeks in the same index`, async () => {
        assert.deepEqual(await planOf(seekSql(shapeOf(name, order, 1))), [`SEARCH ${walk}`]);
      });
    }

    it('by a status other than ready is one range scan of its index', async () => {
      assert.deepEqual(await planOf(statusSql(shapeOf('all', order, 0))), [`SEARCH ${WALKS.all}`]);
      assert.deepEqual(await planOf(statusSql(shapeOf('user', order, 0))), [`SEARCH ${WALKS.user}`]);
    });

    it('by a value of metadata is one range scan, and looks up records after the limit', async () => {
      assert.deepEqual(await planOf(metadataSql(order)), [
        'CO-ROUTINE listed',
        `SEARCH ${METADATA_WALK}`,
        'SCAN listed',
        'SEARCH i USING INTEGER PRIMARY KEY (rowid=?)',
      ]);
    });

    for (const nameCount of [1, 2, 20]) {
      it(`by capture with any of ${nameCount} merges as many range scans, and looks up records after the limit`, async () => {
        for (const [hasUser, walk] of CAPTURED_WALKS) {
          const plan = await planOf(capturedSql({ hasUser, nameCount, direction: order }));
          assert.equal(plan.filter((step) => step === 'MERGE (UNION)').length, nameCount - 1);
          assert.deepEqual(
            plan.filter((step) => !MERGING.includes(step)),
            [
              'CO-ROUTINE listed',
              ...Array.from({ length: nameCount }, () => `SEARCH ${walk}`),
              'SCAN listed',
              'SEARCH i USING INTEGER PRIMARY KEY (rowid=?)',
            ],
          );
        }
      });
    }

    it('by capture with all of several seeks in the same index', async () => {
      for (const [hasUser, walk] of CAPTURED_WALKS)
        assert.deepEqual(await planOf(capturedSeekSql({ hasUser, nameCount: 1, direction: order })), [
          `SEARCH ${walk}`,
        ]);
    });

    it('by metadata with anything else seeks in one index each', async () => {
      assert.deepEqual(await planOf(metadataSeekSql(order)), [`SEARCH ${METADATA_WALK}`]);
      const ofType = WALKS['user + type'].replace('USING INDEX', 'USING COVERING INDEX');
      assert.deepEqual(await planOf(typeSeekSql(order)), [`SEARCH ${ofType}`]);
    });
  });

  describe(`the rows that a page visits, ${order} first`, () => {
    for (const name of Object.keys(WALKS)) {
      for (const tagCount of name.includes('tag') ? [1, 3] : [0]) {
        it(`by ${name}${tagCount > 1 ? ' with any of several' : ''} are at most a page and one row for each tag`, async () => {
          await using stored = await createStored();
          const { hasUser, hasType } = shapeOf(name, order, tagCount);
          const scopes = Array.from({ length: Math.max(tagCount, 1) }, (_, index) => [
            ...(hasUser ? ['ada'] : []),
            ...(tagCount > 0 ? [TAGS[index] ?? ''] : []),
            ...(hasType ? ['image/png'] : []),
            ...ALL_IDS,
          ]);
          const { found, steps } = stored.run(readySql(shapeOf(name, order, tagCount)), [...scopes.flat(), 5]);
          assert.equal(found, 5);
          assert.ok(steps <= 5 * Math.max(tagCount, 1) + tagCount, `${steps} steps`);
        });
      }
    }

    it('by a status other than ready are those of the page', async () => {
      await using stored = await createStored();
      const byStatus = stored.run(statusSql(shapeOf('all', order, 0)), ['pending', ...ALL_IDS, 5]);
      const byUser = stored.run(statusSql(shapeOf('user', order, 0)), ['ada', 'pending', ...ALL_IDS, 5]);
      assert.deepEqual(
        [byStatus, byUser],
        [
          { found: 5, steps: 5 },
          { found: 5, steps: 5 },
        ],
      );
    });

    it('by a value of metadata are those of the page', async () => {
      await using stored = await createStored();
      const scope = ['ada', 'order', 'A17', ...ALL_IDS];
      assert.deepEqual(stored.run(metadataSql(order), [...scope, 5]), { found: 5, steps: 5 });
      assert.deepEqual(stored.run(metadataSeekSql(order), scope), { found: 1, steps: 1 });
      assert.deepEqual(stored.run(typeSeekSql(order), ['ada', 'image/png', ...ALL_IDS]), { found: 1, steps: 1 });
    });

    it('by capture are at most a page and one row for each name', async () => {
      await using stored = await createStored();
      for (const [hasUser] of CAPTURED_WALKS)
        for (const names of [[ALL_IMAGES], TAGS.map(nameOfTag)]) {
          const scope = names.flatMap((name) => [...(hasUser ? ['ada'] : []), name, ...ALL_IDS]);
          const shape = { hasUser, nameCount: names.length, direction: order };
          const { found, steps } = stored.run(capturedSql(shape), [...scope, 5]);
          assert.equal(found, 5);
          assert.ok(steps <= 6 * names.length, `${steps} steps`);
        }
    });

    it('for a seek are one', async () => {
      await using stored = await createStored();
      for (const name of Object.keys(WALKS).filter((walk) => walk.includes('tag'))) {
        const { hasUser, hasType } = shapeOf(name, order, 1);
        const scope = [...(hasUser ? ['ada'] : []), 'red', ...(hasType ? ['image/png'] : []), ...ALL_IDS];
        assert.deepEqual(stored.run(seekSql(shapeOf(name, order, 1)), scope), { found: 1, steps: 1 });
      }
    });
  });
}

describe('the plan of a record lookup', () => {
  it('is one search for each record, in the given order', async () => {
    assert.deepEqual(await planOf(RECORDS_SQL), [
      'SCAN listed VIRTUAL TABLE INDEX 1:',
      'SEARCH i USING INTEGER PRIMARY KEY (rowid=?)',
    ]);
  });
});

const METADATA_WALK = 'image_metadata USING PRIMARY KEY (user_id=? AND name=? AND value=? AND id>? AND id<?)';

const CAPTURED_WALKS = [
  [true, 'captured_rows USING PRIMARY KEY (user_id=? AND name=? AND at>? AND at<?)'],
  [false, 'captured_rows USING COVERING INDEX captured_rows_of_all (name=? AND at>? AND at<?)'],
] as const;

const FILTERED = { metadata: { order: 'A17' }, filteredBy: ['order'] };

const ALL_IDS = ['', 'g'];
const TAGS = ['red', 'blue', 'green'];

const MERGING = ['MERGE (UNION)', 'LEFT', 'RIGHT'];

async function planOf(sql: string): Promise<string[]> {
  await using harness = await createSqliteHarness();
  return allRows(harness.database.prepare(`EXPLAIN QUERY PLAN ${sql}`), []).map(([, , , detail]) => String(detail));
}

/**
 * Twelve images of every user, type and status, each with all tags; `run` counts the rows that a statement visits.
 */
async function createStored() {
  const harness = await createSqliteHarness();
  const added = [];
  for (const status of ['ready', 'pending'] as const) {
    for (const userId of ['ada', 'bob']) {
      for (const contentType of ['image/jpeg', 'image/png'] as const) {
        for (let n = 0; n < 12; n += 1) {
          added.push(addSettled(harness.images, status, { userId, contentType, tags: TAGS, ...FILTERED }));
        }
      }
    }
  }
  await Promise.all(added);
  let steps = 0;
  harness.database.function('stepped', () => {
    steps += 1;
    return 1;
  });
  return {
    run(sql: string, parameters: readonly SQLInputValue[]) {
      steps = 0;
      const counting = harness.database.prepare(sql.replaceAll(/(id|at) < \?/g, '$& AND stepped()'));
      return { found: allRows(counting, parameters).length, steps };
    },
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}
