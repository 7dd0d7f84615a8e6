import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import type { ReadyFilter } from '../../../domain/image/image-filter.ts';
import { firstIdAt } from '../../../domain/image/image-id.ts';
import { type Cost, countCapacity, total } from '../../dynamodb/consumed-capacity.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import type { FindQuery, ImageRepository, Page } from '../image-repository.ts';
import { isIntersection, modelList, readyQuery } from '../list-model.fixture.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';
import { planOf } from './lists/list-plan.ts';
import { ALBUMS, createManyImages, type ManyImages, SHARDS } from './many-images.fixture.ts';

const FEW = 1_000;
const MANY = 200_000;
/** Half a minute on two idle cores; this allows for busy ones. */
const FILL_MS = 240_000;

const LIMIT = 20;
/** The value in docs/capacity.md. */
const READ_BUDGET = 64;
/** Read units of sixty facets with short names, and of an image. */
const UNITS_OF_QUERY = 1;
const UNITS_OF_IMAGE = 0.5;

/** All owners except the last have ready images: eve the same number in either table, the others a share. */
const READY_OWNERS = ['ada', 'carol', 'eve', 'nobody'];
const OTHER_OWNERS = ['bob', 'dan', 'nobody'];
const TYPES = [undefined, 'image/jpeg', 'image/webp'] as const;

const TAGS: Record<string, Pick<ReadyFilter, 'tags' | 'tagMode'>> = {
  'without tags': { tags: [], tagMode: 'all' },
  'with a tag that all owners use': { tags: ['everywhere'], tagMode: 'all' },
  'with a tag that no WebP has': { tags: ['red'], tagMode: 'all' },
  'with a rare tag': { tags: ['a0'], tagMode: 'all' },
  'with a tag that no image has': { tags: ['absent'], tagMode: 'all' },
  'with two tags that never occur together': { tags: ['red', 'blue'], tagMode: 'all' },
  'with a tag and another that occurs only with it': { tags: ['everywhere', 'red'], tagMode: 'all' },
  'with a tag and a rare one that occurs only with it': { tags: ['everywhere', 'a0'], tagMode: 'all' },
  'with all of twenty tags': { tags: ['everywhere', ...ALBUMS], tagMode: 'all' },
  'with any of two tags that never occur together': { tags: ['red', 'blue'], tagMode: 'any' },
  'with any of a tag and another that occurs only with it': { tags: ['everywhere', 'red'], tagMode: 'any' },
  'with any of a tag and one that no image has': { tags: ['red', 'absent'], tagMode: 'any' },
  'with any of twenty tags': { tags: ['everywhere', ...ALBUMS], tagMode: 'any' },
};

type Reading = ReturnType<typeof createReading>;
type At = ReturnType<ManyImages['tableOf']>['timeAt'];

/** The start of a list, and the middle of a range of dates. */
const positionsIn = (timeAt: At): Pick<FindQuery, 'order' | 'createdFrom' | 'createdBefore' | 'after' | 'limit'>[] => [
  { order: 'newest', limit: LIMIT },
  {
    order: 'oldest',
    createdFrom: timeAt(0.1),
    createdBefore: timeAt(0.9),
    after: firstIdAt(timeAt(0.5)),
    limit: LIMIT,
  },
];

describe(`a page of ${LIMIT} in a table of ${MANY} images`, { skip: NO_DYNOXIDE }, () => {
  let images: ManyImages;
  let few: Reading;
  let many: Reading;
  before(
    async () => {
      images = await createManyImages([FEW, MANY], { deadlineMs: FILL_MS });
      few = createReading(images, FEW);
      many = createReading(images, MANY);
    },
    { timeout: FILL_MS },
  );
  after(() => images[Symbol.asyncDispose]());

  async function requireSamePages(filterAt: (position: ReturnType<typeof positionsIn>[number]) => FindQuery) {
    const fewPositions = positionsIn(few.timeAt);
    for (const [index, position] of positionsIn(many.timeAt).entries()) {
      const fewPosition = fewPositions[index];
      if (!fewPosition) throw new Error('expected as many positions');
      await requireSamePage(filterAt(fewPosition), filterAt(position));
    }
  }

  async function requireSamePage(fewQuery: FindQuery, query: FindQuery): Promise<void> {
    const [fewCost, cost] = [await few.costOf(fewQuery), await many.costOf(query)];
    const asked = JSON.stringify(query);
    if (isIntersection(query)) {
      requireBudget(fewCost, query);
      requireBudget(cost, query);
      return;
    }
    const isAny = modelList(images.kinds, { ...query, ...ANYWHERE }).length > 0;
    for (const { result } of [fewCost, cost]) assert.equal(result.images.length, isAny ? LIMIT : 0, asked);
    const partitions = new Set(cost.calls.flatMap(({ partition }) => partition ?? [])).size;
    const apart = Math.abs(total(cost.read) - total(fewCost.read));
    assert.ok(apart <= partitions, `${asked}: expected ${partitions} units at most between them; got ${apart}`);
  }

  for (const [name, filter] of Object.entries(TAGS)) {
    it(`of ready images ${name} costs the same as in a table of ${FEW}`, async () => {
      for (const userId of [undefined, ...READY_OWNERS]) {
        for (const contentType of TYPES) {
          await requireSamePages((position) => readyQuery({ ...filter, userId, contentType, ...position }));
        }
      }
    });
  }

  it(`of pending images costs the same as in a table of ${FEW}`, async () => {
    for (const userId of [undefined, ...OTHER_OWNERS]) {
      await requireSamePages((position) => ({ status: 'pending', userId, ...position }));
    }
  });

  for (const status of ['rejected', 'expired'] as const) {
    it(`of ${status} images costs the same as in a table of ${FEW}`, async () => {
      for (const userId of OTHER_OWNERS) await requireSamePages((position) => ({ status, userId, ...position }));
    });
  }

  it('of two tags that never occur together stops at the read budget, and returns its position', async () => {
    const query = readyQuery({ userId: 'ada', tags: ['red', 'blue'], limit: LIMIT });
    const { result, calls } = await many.costOf(query);
    assert.deepEqual(
      calls.map(({ operation }) => operation),
      Array.from({ length: READ_BUDGET }, () => 'Query'),
    );
    assert.deepEqual(result.images, []);
    assert.ok(result.next !== null);
  });
});

const ANYWHERE = { createdFrom: undefined, createdBefore: undefined, after: undefined };

/** The repository on a table of that many images. */
function createReading(images: ManyImages, count: number) {
  const { name, client, timeAt } = images.tableOf(count);
  const { costOf } = countCapacity(client);
  const options = { shards: SHARDS, writtenShards: SHARDS, globalLists: true };
  const repository: ImageRepository = createDynamodbImageRepository(createTable(client, name), options);
  return { timeAt, costOf: (query: FindQuery) => costOf(() => repository.find(query)) };
}

/** To advance, each intersection may query each of its partitions twice but one, even beyond the budget. */
function requireBudget({ calls, read, result }: Cost<Page>, query: FindQuery): void {
  const plan = planOf(query, SHARDS);
  const share = Math.max(1, Math.floor(READ_BUDGET / plan.length));
  const most = plan.reduce((queries, partitions) => queries + Math.max(share, 2 * partitions.length - 1), 0);
  const asked = JSON.stringify(query);
  const queries = calls.filter(({ operation }) => operation === 'Query').length;
  assert.ok(queries <= most, `${asked}: expected ${most} queries at most; got ${queries}`);
  const units = most * UNITS_OF_QUERY + result.images.length * UNITS_OF_IMAGE;
  assert.ok(total(read) <= units, `${asked}: expected ${units} units at most; got ${total(read)}`);
}
