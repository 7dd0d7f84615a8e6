import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../../../test/repeats.ts';
import type { ImageId } from '../../../../domain/image/image-id.ts';
import { imageIds } from '../../arbitrary-images.fixture.ts';
import { type ListRange, rangeBehind, rangeOf, rangeStartingAt } from '../../list-range.ts';
import { bounds } from './bounds.ts';

const orders = fc.constantFrom('newest' as const, 'oldest' as const);
const everything = rangeOf({ status: 'ready', tags: [], tagMode: 'all', order: 'newest', limit: 1 });

/** Ranges of a list: the whole list, after one or two positions, or between two dates. */
const ranges = (ids: fc.Arbitrary<ImageId>): fc.Arbitrary<ListRange> =>
  fc.oneof(
    fc.constant(everything),
    fc.tuple(ids, orders).map(([id, order]) => rangeBehind(everything, id, order)),
    fc.tuple(ids, ids, orders).map(([a, b, order]) => rangeBehind(rangeStartingAt(everything, a, order), b, order)),
    fc.tuple(ids, ids).map(([from, to]) => ({ from, to })),
  );

/** Ids that differ in their last digits, where the end of a range is cut. */
const neighbours = fc
  .tuple(fc.constantFrom('0', '9', 'a', 'f'), fc.constantFrom('0', '1', '8', '9', 'a', 'b', 'e', 'f'))
  .map((digits) => `018bcfe5-6800-7000-8000-0000000000${digits.join('')}` as ImageId);

describe('the bounds of a range', () => {
  for (const [kind, ids] of [
    ['any ids', imageIds],
    ['neighbouring ids', neighbours],
  ] as const) {
    it(`enclose exactly the ids of the range: ${kind}`, () => {
      fc.assert(
        fc.property(ranges(ids), ids, (range, id) => {
          for (const one of [id, ...[range.from, range.to].filter((end) => end.length === id.length)]) {
            const between = bounds(range);
            const isBetween = between !== undefined && between.first <= one && one <= between.last;
            assert.equal(isBetween, range.from <= one && one < range.to, `${one} in ${JSON.stringify(range)}`);
          }
        }),
        { numRuns: repeatsOf('idRanges').count },
      );
    });
  }

  it('are never empty nor in the wrong order, which DynamoDB refuses', () => {
    fc.assert(
      fc.property(ranges(fc.oneof(imageIds, neighbours)), (range) => {
        const between = bounds(range);
        if (between) assert.ok('' < between.first && between.first <= between.last);
      }),
    );
  });

  it('are undefined if no id can be between them', () => {
    const id = '018bcfe5-6800-7000-8000-000000000000';
    assert.equal(bounds({ from: id, to: id }), undefined);
    assert.equal(bounds({ from: `${id}0`, to: id }), undefined);
  });
});
