import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable, type TestTable } from '../../../../../../test/servers/table.ts';
import type { Month, MonthCount } from '../../../domain/lists/months.ts';
import { beforeCommand } from '../../dynamodb/before-command.fixture.ts';
import { attributesOfKey, type ItemKey, monthSort, monthsPartition } from '../../dynamodb/item-keys.ts';
import { rawItem } from '../../dynamodb/raw-item.fixture.ts';
import { cutAnswers } from '../../dynamodb/short-answers.fixture.ts';
import { createTable, type Table } from '../../dynamodb/table.ts';
import { createGenerations, type Generations } from '../../images/dynamodb/generations.ts';
import { COUNT } from './month-item.ts';
import { readMonths } from './month-reads.ts';

const SERVING = 2;
const ALL = { before: undefined, limit: 1_000 };

interface Counter {
  readonly shard: number;
  readonly month: Month;
  readonly n: number;
}

const monthAt = (index: number): Month =>
  `${String(1 + Math.floor(index / 12)).padStart(4, '0')}-${String(1 + (index % 12)).padStart(2, '0')}` as Month;

const counters: fc.Arbitrary<Counter[]> = fc.uniqueArray(
  fc.record({ shard: fc.nat(7), month: fc.nat(20).map(monthAt), n: fc.nat(3) }),
  { selector: ({ shard, month }) => `${shard} ${month}`, maxLength: 80 },
);

/** The months of these counters, the latest first. */
function modelOf(all: readonly Counter[]): MonthCount[] {
  const sums = new Map<Month, number>();
  for (const { month, n } of all) sums.set(month, (sums.get(month) ?? 0) + n);
  const months = [...sums].flatMap(([month, images]) => (images > 0 ? [{ month, images }] : []));
  return months.toSorted((a, b) => (a.month < b.month ? 1 : -1));
}

describe('the counters of an owner', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  let storage: TestTable;
  let table: Table;
  let generations: Generations;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    storage = await createTestTable(server.dynamo);
    table = createTable(storage.client, storage.name);
    generations = createGenerations(table);
    for (let generation = 1; generation <= SERVING; generation += 1) {
      assert.equal(await generations.begin(), generation);
      await generations.finish(generation);
    }
  });

  afterEach(() => storage[Symbol.asyncDispose]());

  const keyOf = (userId: string, { shard, month }: Counter, generation = SERVING): ItemKey => ({
    pk: monthsPartition(userId, shard),
    sk: monthSort(generation, month),
  });

  async function store(userId: string, all: readonly Counter[], generation = SERVING): Promise<void> {
    for (let first = 0; first < all.length; first += 50) {
      const some = all.slice(first, first + 50);
      const put = (counter: Counter) => ({
        put: { ...attributesOfKey(keyOf(userId, counter, generation)), [COUNT]: { N: String(counter.n) } },
      });
      await table.transact(some.map(put), randomUUID());
    }
  }

  async function pagesOf(userId: string, limit: number): Promise<(readonly MonthCount[])[]> {
    const pages: (readonly MonthCount[])[] = [];
    for (let before: Month | undefined; ; ) {
      const page = await readMonths(table, generations, { userId, before, limit });
      pages.push(page);
      if (page.length < limit) return pages;
      before = page.at(-1)?.month;
    }
  }

  it('add up to its months, page by page, although queries end in between', async () => {
    cutAnswers(storage.client, 3);
    await fc.assert(
      fc.asyncProperty(counters, counters, fc.integer({ min: 1, max: 9 }), async (own, former, limit) => {
        const userId = randomUUID();
        await store(userId, own);
        await store(userId, former, SERVING - 1);
        await store(userId, former, SERVING + 1);
        const pages = await pagesOf(userId, limit);
        assert.deepEqual(pages.flat(), modelOf(own));
        assert.ok(pages.slice(0, -1).every(({ length }) => length === limit));
      }),
      { numRuns: 40 },
    );
  });

  it('come in pages of a thousand, of every month that a hostile owner names', async () => {
    const all = Array.from({ length: 2_500 }, (_, index) => ({ shard: index % 8, month: monthAt(index), n: 1 }));
    await store('ada', all);
    await store('ada', [{ shard: 1, month: monthAt(0), n: 4 }]);
    const pages = await pagesOf('ada', 1_000);
    assert.deepEqual(
      pages.map(({ length }) => length),
      [1_000, 1_000, 500],
    );
    assert.deepEqual(pages.flat(), modelOf([...all, { shard: 1, month: monthAt(0), n: 4 }]));
  });

  it('are removed once they have fallen to 0, by who reads them', async () => {
    const [empty, full] = [
      { shard: 1, month: monthAt(7), n: 0 },
      { shard: 2, month: monthAt(7), n: 1 },
    ];
    await store('ada', [empty, full]);
    assert.deepEqual(await readMonths(table, generations, { userId: 'ada', ...ALL }), modelOf([full]));
    assert.equal(await rawItem(storage, keyOf('ada', empty)), undefined);
    assert.deepEqual(await readMonths(table, generations, { userId: 'ada', ...ALL }), modelOf([full]));
  });

  it('stay if they rise meanwhile', async () => {
    const counter = { shard: 1, month: monthAt(7), n: 0 };
    await store('ada', [counter]);
    beforeCommand(storage.client, 'DeleteItemCommand', () =>
      table.transact([{ add: { key: keyOf('ada', counter), add: { [COUNT]: 1 } } }], randomUUID()),
    );
    assert.deepEqual(await readMonths(table, generations, { userId: 'ada', ...ALL }), []);
    assert.deepEqual(await readMonths(table, generations, { userId: 'ada', ...ALL }), modelOf([{ ...counter, n: 1 }]));
  });
});
