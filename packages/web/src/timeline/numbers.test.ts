import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Block, Gap, Sorted } from '../library/library.ts';
import { numbersIn } from './numbers.ts';
import { layoutTimeline } from './timeline-layout.ts';

const METRICS = { width: 400, rowHeight: 100, gap: 4, headingHeight: 48 };
const sorted = (day: number): Sorted =>
  ({ image_id: `${day}`, width: 300, height: 200, at: `2024-07-${day}T12:00:00.000#${day}` }) as Sorted;
const block = (key: number, days: readonly number[], isDropped = false): Block => {
  const pictures = days.map(sorted);
  const [newest = '', oldest = ''] = [pictures[0]?.at, pictures.at(-1)?.at];
  return { kind: 'block', key, newest, oldest, count: days.length, pictures: isDropped ? undefined : pictures };
};
const gap: Gap = { kind: 'gap', key: 9, to: sorted(20).at, from: sorted(15).at };
const numbers = (segments: readonly (Block | Gap)[], images?: number) =>
  numbersIn(
    layoutTimeline(
      { segments, oldest: 0, ...(images && { months: [{ month: '2024-07', images }] }) },
      METRICS,
      undefined,
    ),
  );

it('tells which of all a picture is, also behind pictures that were dropped', () => {
  const all = numbers([block(1, [28, 27], true), block(2, [25, 22, 20])]);
  assert.deepEqual([all.total, all.of(sorted(25)), all.of(sorted(20))], [5, 3, 5]);
});

it('tells no more than is known', () => {
  const some = numbers([block(1, [28, 20]), gap, block(2, [15])]);
  assert.deepEqual([some.total, some.of(sorted(20)), some.of(sorted(15))], [undefined, 2, undefined]);
  assert.equal(numbers([block(1, [28, 20]), gap, block(2, [15])], 1_204).total, 1_204);
});
