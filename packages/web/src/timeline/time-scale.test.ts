import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { estimateOf } from './gap-heights.ts';
import type { Placed } from './placed.ts';
import { marksOf, trackTop } from './scrubber-marks.ts';
import { createTimeScale } from './time-scale.ts';

const at = (clock: string): number => Date.parse(`${clock}Z`);
const MONTHS = [
  { month: '2024-03', images: 300 },
  { month: '2024-01', images: 100 },
  { month: '1968-07', images: 600 },
];
const scale = createTimeScale(MONTHS);
const [NEWEST, OLDEST] = [at('2024-04-01T00:00'), at('1968-07-01T00:00')];

describe('the scale of a time line', () => {
  it('has the pictures of each month evenly in it, and none between', () => {
    assert.equal(scale.total, 1_000);
    assert.equal(scale.between(NEWEST, OLDEST), 1_000);
    assert.equal(scale.between(NEWEST, at('2024-02-15T00:00')), 300);
    assert.equal(scale.between(at('2024-02-29T00:00'), at('2024-02-01T00:00')), 0);
    assert.equal(scale.between(NEWEST, at('2024-03-16T12:00')), 150);
    assert.equal(scale.between(at('1968-08-01T00:00'), OLDEST), 600);
  });

  it('tells the time that has so many pictures after it', () => {
    for (const clock of ['2024-03-16T12:00', '2024-01-02T00:00', '1968-07-31T23:59', '1968-07-01T00:01']) {
      const amount = scale.between(NEWEST, at(clock));
      assert.ok(Math.abs(scale.timeBelow(NEWEST, amount, OLDEST) - at(clock)) <= 60_000, clock);
    }
    assert.equal(scale.timeBelow(NEWEST, 0, OLDEST), NEWEST);
    assert.equal(scale.timeBelow(NEWEST, 2_000, OLDEST), OLDEST);
  });

  it('without months is the time', () => {
    const even = createTimeScale(undefined);
    assert.deepEqual([even.total, even.between(10, 4), even.timeBelow(10, 6, 0)], [undefined, 6, 4]);
  });

  it('gives what isn’t loaded the height of the pictures that are there', () => {
    const block = {
      ...{ kind: 'block', top: 0, height: 3_000, layout: undefined, edges: { hasHeading: true, isCut: false } },
      segment: { kind: 'block', key: 1, newest: '', oldest: '', count: 100, pictures: undefined },
    } as const satisfies Placed;
    const gap = (newest: number, oldest: number) =>
      ({ kind: 'gap', segment: { kind: 'gap', key: 2, to: '', from: '' }, top: 0, height: 0, newest, oldest }) as const;
    const [first, second] = [gap(at('2024-03-21T00:00'), at('2024-01-01T00:00')), gap(at('1968-08-01T00:00'), OLDEST)];
    const estimate = estimateOf([block, first, second], { scale, newest: NEWEST, oldest: OLDEST });
    assert.ok(Math.abs(estimate(first) + estimate(second) - 30 * 900) <= 2);
    assert.ok(estimate(second) > 1.9 * estimate(first));
  });

  it('has marks where years end, by the pictures before them', () => {
    const formats = {
      calendarMonth: (time: number) => ({
        year: new Date(time).getUTCFullYear(),
        month: new Date(time).getUTCMonth(),
      }),
      monthStart: ({ year, month }: { readonly year: number; readonly month: number }) => Date.UTC(year, month, 1),
      monthName: () => 'month',
    };
    const track = { newest: NEWEST, oldest: OLDEST, scale, height: 1_000, formats };
    assert.deepEqual(
      marksOf(track).map(({ label, top }) => [label, Math.round(top)]),
      [
        ['2024', 0],
        ['1968', 400],
      ],
    );
    assert.equal(trackTop(track, at('1968-08-01T00:00')), 400);
  });
});
