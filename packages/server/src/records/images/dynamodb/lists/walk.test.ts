import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import {
  drained,
  EVERYTHING,
  idAt,
  inOrder,
  orders,
  partitionOf,
  rowOf,
  someIds,
} from '../../../dynamodb/partition.fixture.ts';
import { rangeStartingAt } from '../../list-range.ts';
import { createWalk, rowsAlong } from './walk.ts';

const sizes = fc.integer({ min: 1, max: 12 });

describe('a walk along a partition', () => {
  it('returns every row once, in order, with as few reads as its chunk size allows', async () => {
    await fc.assert(
      fc.asyncProperty(someIds, orders, sizes, async (ids, order, size) => {
        const partition = partitionOf(ids, { order, size });
        const { ids: passed, end } = await drained(
          rowsAlong(createWalk(partition.readChunk, order), EVERYTHING, order),
        );
        assert.deepEqual(passed, inOrder(ids, order));
        assert.equal(end, null);
        assert.equal(partition.reads(), Math.floor(ids.length / size) + 1);
      }),
    );
  });

  it('stays within its range, even if rows are at its ends', async () => {
    await fc.assert(
      fc.asyncProperty(someIds, orders, sizes, someIds, async (ids, order, size, [a = idAt(0), b = idAt(9)]) => {
        const range = a < b ? { from: a, to: b } : { from: b, to: a };
        const walk = createWalk(partitionOf(ids, { order, size }).readChunk, order);
        const { ids: passed } = await drained(rowsAlong(walk, range, order));
        assert.deepEqual(
          passed,
          inOrder(
            ids.filter((id) => range.from <= id && id < range.to),
            order,
          ),
        );
      }),
    );
  });

  it('finds the first row from any later position, and reads only if no chunk covers that', async () => {
    await fc.assert(
      fc.asyncProperty(someIds, orders, sizes, someIds, async (ids, order, size, jumps) => {
        const partition = partitionOf(ids, { order, size });
        const walk = createWalk(partition.readChunk, order);
        for (const jump of inOrder(jumps, order)) {
          const range = rangeStartingAt(EVERYTHING, jump, order);
          const expected = inOrder(ids, order).find((id) => range.from <= id && id < range.to);
          assert.equal((await walk.seek(range))?.id, expected);
          const reads = partition.reads();
          assert.equal((await walk.seek(range))?.id, expected, 'expected the same row again');
          assert.equal(partition.reads(), reads, 'without another read');
        }
        assert.ok(partition.reads() <= jumps.length + 1);
      }),
    );
  });

  it('reads once for many seeks within one chunk', async () => {
    const ids = [1, 2, 3, 4, 5].map(idAt);
    const partition = partitionOf(ids, { order: 'oldest', size: 10 });
    const walk = createWalk(partition.readChunk, 'oldest');
    for (const id of ids) assert.equal((await walk.seek(rangeStartingAt(EVERYTHING, id, 'oldest')))?.id, id);
    assert.equal(await walk.seek(rangeStartingAt(EVERYTHING, idAt(6), 'oldest')), undefined);
    assert.equal(partition.reads(), 1);
  });

  it('reads on after an answer without rows that is not the end', async () => {
    const rows = [1, 2].map((place) => rowOf(idAt(place)));
    const answers = [
      { rows: [], isLast: false },
      { rows, isLast: true },
    ].values();
    const readChunk = async () => answers.next().value ?? assert.fail('expected two reads');
    const { ids } = await drained(rowsAlong(createWalk(readChunk, 'oldest'), EVERYTHING, 'oldest'));
    assert.deepEqual(ids, [idAt(1), idAt(2)]);
  });

  it('skips rows before the range without reading them', async () => {
    const partition = partitionOf([...Array(1_000).keys()].map(idAt), { order: 'newest', size: 10 });
    const walk = createWalk(partition.readChunk, 'newest');
    await walk.seek(EVERYTHING);
    assert.equal((await walk.seek(rangeStartingAt(EVERYTHING, idAt(3), 'newest')))?.id, idAt(3));
    assert.equal(partition.reads(), 2);
  });

  it('reads ahead once for the next seek', async () => {
    const partition = partitionOf([1, 2].map(idAt), { order: 'newest', size: 10 });
    const walk = createWalk(partition.readChunk, 'newest');
    walk.prefetch(EVERYTHING);
    assert.equal(partition.reads(), 1);
    walk.prefetch(EVERYTHING);
    assert.equal((await walk.seek(EVERYTHING))?.id, idAt(2));
    assert.equal(partition.reads(), 1);
  });

  it('reports a failure of reading ahead to the next seek', async () => {
    const walk = createWalk(() => Promise.reject(new Error('no answer')), 'newest');
    walk.prefetch(EVERYTHING);
    await setImmediate(); // an unhandled rejection would end the process now
    await assert.rejects(walk.seek(EVERYTHING), { message: 'no answer' });
  });
});
