import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ImageId } from '../../../../domain/image/image-id.ts';
import { type Direction, isBehind, type ListPosition } from '../../../../domain/lists/list-position.ts';
import {
  type Drained,
  drained,
  EVERYTHING,
  idAt,
  inOrder,
  orders,
  partitionOf,
  rowOf,
  someIds,
} from '../../../dynamodb/partition.fixture.ts';
import { merged } from './merge.ts';
import type { Rows } from './rows.ts';
import { createWalk, rowsAlong } from './walk.ts';

const sizes = fc.integer({ min: 1, max: 12 });

interface Budgeted {
  readonly ids: readonly ImageId[];
  /** The ids that match. */
  readonly matching: readonly ImageId[];
  readonly budget: number;
}

/** Ends after `budget` rows, like an intersection, even if the last of them does not match. */
const budgeted = async function* ({ ids, matching, budget }: Budgeted): Rows {
  for (const id of ids.slice(0, budget)) if (matching.includes(id)) yield rowOf(id);
  return budget < ids.length ? (ids[budget - 1] ?? null) : null;
};

const walkAlong = (ids: readonly ImageId[], { order, size }: { order: Direction; size: number }) => {
  const partition = partitionOf(ids, { order, size });
  return { partition, rows: rowsAlong(createWalk(partition.readChunk, order), EVERYTHING, order) };
};

describe('the merge of several sources', () => {
  it('contains every row of all sources once, in order, for any chunk size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(someIds, sizes), { maxLength: 8 }), orders, async (sources, order) => {
        const walks = sources.map(([ids, size]) => walkAlong(ids, { order, size }).rows);
        const all = new Set(sources.flatMap(([ids]) => ids));
        assert.deepEqual(await drained(merged(walks, order)), { ids: inOrder(all, order), end: null });
      }),
    );
  });

  it('ends at the position of the first source whose budget is spent, and continues from there without a gap', async () => {
    const source = fc.record({ ids: someIds, matching: someIds, budget: fc.integer({ min: 1, max: 10 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(source, { minLength: 2, maxLength: 6 }), orders, async (sources, order) => {
        const matches = sources.flatMap(({ ids, matching }) => ids.filter((id) => matching.includes(id)));
        const all = inOrder(new Set(matches), order);
        const found: ImageId[] = [];
        for (let position: ListPosition | null = null; ; ) {
          const from: ListPosition | null = position;
          const rest = (ids: readonly ImageId[]): ImageId[] =>
            inOrder(ids, order).filter((id) => from === null || isBehind(id, from, order));
          const rows = sources.map((one) => budgeted({ ...one, ids: rest(one.ids) }));
          const { ids, end }: Drained = await drained(merged(rows, order));
          found.push(...ids);
          if (end === null) break;
          assert.ok(from === null || isBehind(end, from, order), 'expected the position to advance');
          assert.deepEqual(
            ids,
            rest(all).filter((id) => !isBehind(id, end, order)),
          );
          position = end;
        }
        assert.deepEqual(found, all);
      }),
    );
  });

  it('reads one chunk of each source, and another only for a source that has run out', async () => {
    const even = walkAlong([0, 2, 4, 6, 8, 10].map(idAt), { order: 'oldest', size: 2 });
    const far = walkAlong([20, 21, 22, 23].map(idAt), { order: 'oldest', size: 2 });
    const rows = merged([even.rows, far.rows], 'oldest');
    const reads = () => [even.partition.reads(), far.partition.reads()];
    assert.deepEqual((await rows.next()).value, rowOf(idAt(0)));
    assert.deepEqual(reads(), [1, 1]);
    await rows.next();
    await rows.next();
    assert.deepEqual(reads(), [2, 1]);
    for (let row = 0; row < 4; row += 1) await rows.next();
    assert.deepEqual(reads(), [4, 1]);
  });

  it('requests the first rows of all sources concurrently', async () => {
    const asked: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = async function* (number: number): Rows {
      asked.push(number);
      if (asked.length === 3) resolve();
      await promise;
      yield rowOf(idAt(number));
      return null;
    };
    assert.deepEqual((await drained(merged([1, 2, 3].map(waiting), 'oldest'))).ids, [1, 2, 3].map(idAt));
  });

  it('of no sources is empty', async () => {
    assert.deepEqual(await drained(merged([], 'newest')), { ids: [], end: null });
  });

  it('fails if one source fails', async () => {
    const failing = async function* (): Rows {
      yield rowOf(idAt(1));
      throw new Error('no answer');
    };
    const rows = merged([failing(), walkAlong([2].map(idAt), { order: 'oldest', size: 1 }).rows], 'oldest');
    await rows.next();
    await assert.rejects(rows.next(), { message: 'no answer' });
  });
});
