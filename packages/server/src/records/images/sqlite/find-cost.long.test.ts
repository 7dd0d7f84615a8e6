// In the long tier: a million images: CI has the plans of the same statements in `find-statements.test.ts`.
import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { ReadyFilter } from '../../../domain/image/image-filter.ts';
import { firstIdAt } from '../../../domain/image/image-id.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { allRows } from '../../sqlite/rows.ts';
import type { FindQuery, ImageRepository } from '../image-repository.ts';
import { modelList, readyQuery } from '../list-model.fixture.ts';
import { NOW } from '../sample-images.fixture.ts';
import { expectedCost, isIntersection, LIMIT, PAGE_ROWS, READ_BUDGET, requireCost } from './expected-cost.fixture.ts';
import { ALBUMS, createMillionImages, timeAt } from './million-images.fixture.ts';
import { createSqliteImageRepository } from './sqlite.ts';
import { countSteps } from './stepped-rows.fixture.ts';

/** ada has 500,000 ready images and no others, bob as many pending ones, eve one image in 2,500, and nobody none. */
const OWNERS = ['ada', 'bob', 'carol', 'dan', 'eve', 'nobody'];
const USERS = [undefined, ...OWNERS];
const TYPES = [undefined, 'image/jpeg', 'image/webp'] as const;

const TAGS: Record<string, Pick<ReadyFilter, 'tags' | 'tagMode'>> = {
  'without tags': { tags: [], tagMode: 'all' },
  'with a tag that all owners use': { tags: ['everywhere'], tagMode: 'all' },
  'with a tag that no WebP has': { tags: ['red'], tagMode: 'all' },
  'with a rare tag': { tags: ['album 0'], tagMode: 'all' },
  'with a tag that no image has': { tags: ['absent'], tagMode: 'all' },
  'with two tags that never occur together': { tags: ['red', 'blue'], tagMode: 'all' },
  'with a tag and another that occurs only with it': { tags: ['everywhere', 'red'], tagMode: 'all' },
  'with a tag and a rare one that occurs only with it': { tags: ['everywhere', 'album 0'], tagMode: 'all' },
  'with all of twenty tags': { tags: ['everywhere', ...ALBUMS], tagMode: 'all' },
  'with any of two tags that never occur together': { tags: ['red', 'blue'], tagMode: 'any' },
  'with any of a tag and another that occurs only with it': { tags: ['everywhere', 'red'], tagMode: 'any' },
  'with any of a tag and one that no image has': { tags: ['red', 'absent'], tagMode: 'any' },
  'with any of twenty tags': { tags: ['everywhere', ...ALBUMS], tagMode: 'any' },
};

const POSITIONS = (['newest', 'oldest'] as const).flatMap((order) =>
  [{}, { createdFrom: timeAt(0.25), createdBefore: timeAt(0.75) }].flatMap((dates) =>
    [undefined, firstIdAt(timeAt(0.6))].map((position) => ({ order, ...dates, after: position, limit: LIMIT })),
  ),
);

describe('with a million images', () => {
  let million: Awaited<ReturnType<typeof createMillionImages>>;
  before(async () => {
    million = await createMillionImages();
  });
  after(() => million[Symbol.asyncDispose]());

  for (const [when, statistics] of [
    ['', ''],
    [', with statistics of every index', 'ANALYZE'],
  ] as const) {
    describe(`a page of ${LIMIT}${when}`, () => {
      let reading: ReturnType<typeof createReading>;
      before(() => {
        million.database.exec(statistics);
        reading = createReading(million.database);
      });
      after(() => reading[Symbol.asyncDispose]());

      const requirePage = async (query: FindQuery) => {
        const cost = await reading.costOf((images) => images.find(query));
        const asked = JSON.stringify(query);
        requireCost(cost, expectedCost(query), asked);
        const found = cost.result.images.length;
        assert.ok((cost.rows['images'] ?? 0) >= found, asked);
        const isAny = modelList(million.kinds, { ...query, ...ANYWHERE }).length > 0;
        if (!isAny) assert.equal(found, 0, asked);
        else if (isIntersection(query)) assert.ok(found > 0, asked);
        else assert.equal(found, LIMIT, asked);
      };

      for (const [name, filter] of Object.entries(TAGS)) {
        it(`of ready images ${name} reads only its rows, from the expected index`, async () => {
          for (const userId of USERS) {
            for (const contentType of TYPES) {
              for (const position of POSITIONS) {
                await requirePage(readyQuery({ ...filter, userId, contentType, ...position }));
              }
            }
          }
        });
      }

      for (const status of ['pending', 'rejected'] as const) {
        it(`of ${status} images reads only its rows, from the expected index`, async () => {
          for (const userId of USERS) {
            for (const position of POSITIONS) await requirePage({ status, userId, ...position });
          }
        });
      }

      it('of expired images reads only its rows, from the expected index', async () => {
        for (const userId of OWNERS) {
          for (const position of POSITIONS) await requirePage({ status: 'expired', userId, ...position });
        }
      });

      it('of two tags that never occur together stops at the read budget, and returns its position', async () => {
        const query = readyQuery({ tags: ['red', 'blue'], limit: LIMIT });
        const { result, rows } = await reading.costOf((images) => images.find(query));
        assert.deepEqual(rows, { image_tags: READ_BUDGET });
        assert.deepEqual(result.images, []);
        assert.ok(result.next !== null);
      });

      it('of due records reads only its rows, even if all or none are due', async () => {
        const expected = { rows: { images: LIMIT }, indexes: ['INDEX images_by_lane'] };
        const dueAt = (ms: number) =>
          reading.costOf((images) => images.due(new Date(NOW.getTime() + ms), LIMIT, { lane: 'removal', shard: 0 }));
        const [all, none] = [await dueAt(10 ** 10), await dueAt(-(10 ** 10))];
        assert.deepEqual([all.result.length, none.result.length], [LIMIT, 0]);
        requireCost(all, expected, 'all');
        requireCost(none, expected, 'none');
      });
    });
  }

  describe('the count of visited rows', () => {
    const countRows = async (sql: string) => {
      const { database, costOf } = countSteps(million.database);
      return (await costOf(() => allRows(database.prepare(sql), []))).rows;
    };

    it('includes rows that a filter outside the index drops', async () => {
      const byUser = "FROM images INDEXED BY images_by_user WHERE user_id = 'ada'";
      assert.deepEqual(await countRows(`SELECT id ${byUser} AND status = 'ready' AND width = 7 LIMIT ${PAGE_ROWS}`), {
        images: 500_000,
      });
      assert.deepEqual(await countRows(`SELECT id ${byUser} AND id > '' ORDER BY id LIMIT ${PAGE_ROWS}`), {
        images: 500_000,
      });
    });

    it('includes rows of joined tables, for each loop', async () => {
      const blueToo = "CROSS JOIN image_tags b ON b.tag = 'blue' AND b.id = a.id";
      assert.deepEqual(await countRows(`SELECT a.id FROM image_tags a ${blueToo} WHERE a.tag = 'red'`), {
        image_tags: 300_000,
      });
      const record = 'CROSS JOIN images i ON i.n = a.n AND i.width = 7';
      assert.deepEqual(await countRows(`SELECT a.id FROM image_tags a ${record} WHERE a.tag = 'album 0'`), {
        image_tags: 500,
        images: 500,
      });
    });

    it('fails for a loop without a condition', async () => {
      await assert.rejects(countRows('SELECT id FROM images ORDER BY id'), /expected 1 loops with conditions; got 0/);
    });
  });
});

const ANYWHERE = { createdFrom: undefined, createdBefore: undefined, after: undefined };

/** The repository on a database that counts visited rows. */
function createReading(database: DatabaseSync) {
  const counting = countSteps(database);
  const writes = createGroupCommit(counting.database);
  const images = createSqliteImageRepository(counting.database, writes);
  return {
    costOf: <T>(read: (images: ImageRepository) => Promise<T>) => counting.costOf(() => read(images)),
    [Symbol.asyncDispose]: () => writes[Symbol.asyncDispose](),
  };
}
