import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Direction, ListPosition } from '../../domain/lists/list-position.ts';
import { intersect, pullMatches } from './leapfrog.ts';
import { isBehind, readyQuery } from './list-model.fixture.ts';
import { type ListRange, rangeOf } from './list-range.ts';

/** The numbers of the images that have each tag, ascending. */
type Tagged = Readonly<Record<string, readonly number[]>>;

interface Asked {
  readonly order?: Direction;
  readonly limit?: number;
  readonly readBudget?: number;
  readonly after?: ListPosition | undefined;
}

/** A search for the images that have every tag; `isSpent` and `reads` count the calls of `seek`. */
function searchOf(tagged: Tagged, { order = 'newest', limit = 50, readBudget = 500, after }: Asked = {}) {
  let reads = 0;
  const walks = new Map(
    Object.entries(tagged).map(([tag, numbers]) => [
      tag,
      (order === 'newest' ? numbers.toReversed() : numbers).map(at),
    ]),
  );
  return {
    search: {
      keys: Object.keys(tagged),
      range: rangeOf(readyQuery({ order, after })),
      direction: order,
      limit,
      isSpent: () => reads >= readBudget,
    },
    seek(tag: string, { from, to }: ListRange) {
      reads += 1;
      assert.ok(reads < 10_000, 'expected the search to end');
      return walks.get(tag)?.find(({ at: position }) => position >= from && position < to);
    },
    reads: () => reads,
  };
}

/** One page of the images that have every tag, and the number of reads for it. */
function pageOf(tagged: Tagged, asked: Asked = {}) {
  const { search, seek, reads } = searchOf(tagged, asked);
  const { found, next } = intersect(search, seek);
  assert.ok(
    next === null || asked.after === undefined || isBehind(next, asked.after, { order: search.direction }),
    'expected every page to advance',
  );
  return { numbers: found.map(({ number }) => number), next, reads: reads() };
}

const at = (number: number) => {
  const id = parseImageId(`00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`);
  assert.ok(id);
  return { at: id, number };
};

const numbersTo = (end: number): number[] => Array.from({ length: end }, (_, number) => number);

const everySecond = numbersTo(1_000).filter((number) => number % 2 === 0);
const theOthers = numbersTo(1_000).filter((number) => number % 2 === 1);

describe('a leapfrog intersection', () => {
  it('needs no more reads than the rarest tag requires', () => {
    const { numbers, next, reads } = pageOf({ common: numbersTo(1_000), rare: [7, 500] });
    assert.deepEqual(numbers, [500, 7]);
    assert.equal(next, null);
    assert.ok(reads <= 6, `${reads} reads`);
  });

  it('skips tags that do not overlap in time', () => {
    const { numbers, next, reads } = pageOf({ before: numbersTo(500), since: numbersTo(1_000).slice(500) });
    assert.deepEqual([numbers, next], [[], null]);
    assert.ok(reads <= 3, `${reads} reads`);
  });

  it('reads each tag once for every match, and for one match beyond the page', () => {
    const all = numbersTo(1_000);
    assert.deepEqual(pageOf({ a: all, b: all, c: all }, { limit: 4 }).reads, 15);
  });

  it('knows whether a match follows a full page', () => {
    const tagged = { a: numbersTo(10), b: [2, 4, 6] };
    assert.equal(pageOf(tagged, { limit: 3 }).next, null);
    assert.equal(pageOf(tagged, { limit: 2 }).next, at(4).at);
    assert.equal(pageOf(tagged, { limit: 2, order: 'oldest' }).next, at(4).at);
  });

  it('stops when its budget is spent, and continues from there to the end', () => {
    const tagged = { even: everySecond, odd: theOthers };
    const first = pageOf(tagged, { readBudget: 100 });
    assert.deepEqual([first.numbers, first.next, first.reads], [[], at(900).at, 100]);
    let pages = 1;
    for (let { next } = first; next !== null; pages += 1) {
      const page = pageOf(tagged, { readBudget: 100, after: next });
      assert.deepEqual(page.numbers, []);
      next = page.next;
    }
    assert.equal(pages, 10);
  });

  it('decides on at least one image, even if its budget is smaller than the number of tags', () => {
    const all = numbersTo(3);
    const { numbers, next, reads } = pageOf({ a: all, b: all, c: all, d: all }, { readBudget: 1 });
    assert.deepEqual([numbers, next, reads], [[2], at(2).at, 4]);
  });

  it('finds the same matches with the same reads if they are pulled asynchronously', async () => {
    const tags = fc.array(fc.uniqueArray(fc.nat({ max: 60 })), { minLength: 1, maxLength: 5 });
    const asked = fc.record({
      order: fc.constantFrom('newest' as const, 'oldest' as const),
      limit: fc.integer({ min: 1, max: 8 }),
      readBudget: fc.integer({ min: 1, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(tags, asked, async (lists, query) => {
        const tagged = Object.fromEntries(lists.map((list, index) => [`tag ${index}`, list.toSorted((a, b) => a - b)]));
        const { search, seek, reads } = searchOf(tagged, query);
        const matches = pullMatches(search, async (tag, range) => seek(tag, range));
        const numbers: number[] = [];
        let match = await matches.next();
        for (; !match.done; match = await matches.next()) numbers.push(match.value.number);
        assert.deepEqual({ numbers, next: match.value, reads: reads() }, pageOf(tagged, query));
      }),
    );
  });

  it('reads only for matches that are pulled, and ends with null', async () => {
    const { search, seek, reads } = searchOf({ a: numbersTo(3), b: numbersTo(3) }, { limit: Number.POSITIVE_INFINITY });
    const matches = pullMatches(search, async (tag, range) => seek(tag, range));
    assert.equal(reads(), 0);
    for (const [pulled, number] of [2, 1, 0].entries()) {
      assert.deepEqual(await matches.next(), { done: false, value: at(number) });
      assert.equal(reads(), 2 * (pulled + 1));
    }
    assert.deepEqual(await matches.next(), { done: true, value: null });
  });

  it('returns its position if the budget is spent between two pulls', async () => {
    const tagged = { even: [...everySecond, 1_000], odd: [...theOthers, 1_000] };
    const { search, seek, reads } = searchOf(tagged, { readBudget: 20 });
    const matches = pullMatches(search, async (tag, range) => seek(tag, range));
    assert.deepEqual(await matches.next(), { done: false, value: at(1_000) });
    assert.deepEqual(await matches.next(), { done: true, value: at(982).at });
    assert.equal(reads(), 20);
  });

  it('returns, page by page, the images that have every tag, with at most its budget of reads a page', () => {
    const numbers = fc
      .uniqueArray(fc.nat({ max: 60 }), { maxLength: 50 })
      .map((some) => some.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(
        fc.array(numbers, { minLength: 2, maxLength: 5 }),
        fc.constantFrom('newest' as const, 'oldest' as const),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 30 }),
        (lists, order, limit, readBudget) => {
          const tagged = Object.fromEntries(lists.map((list, index) => [`tag ${index}`, list]));
          const expected = numbersTo(61).filter((number) => lists.every((list) => list.includes(number)));
          const found: number[] = [];
          let after: ListPosition | undefined;
          let isLast = false;
          while (!isLast) {
            const page = pageOf(tagged, { order, limit, readBudget, after });
            found.push(...page.numbers);
            assert.ok(page.numbers.length <= limit);
            assert.ok(page.reads <= Math.max(readBudget, lists.length), `${page.reads} reads`);
            isLast = page.next === null;
            after = page.next ?? undefined;
          }
          assert.deepEqual(found, order === 'newest' ? expected.toReversed() : expected);
        },
      ),
    );
  });
});
