import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Sorted } from '../library/library.ts';
import { firstAt } from '../library/position.ts';
import { layoutBlock } from './block-layout.ts';

const metrics = { width: 1_360, rowHeight: 200, gap: 4, headingHeight: 48 };
const DAY_MS = 86_400_000;
const NEWEST = Date.UTC(2026, 10, 20, 12);

/** So many pictures of 3:2 on each day, from the newest day on. */
const picturesOf = (counts: readonly number[]): Sorted[] =>
  counts.flatMap((count, day) =>
    Array.from({ length: count }, (_, index) => ({
      at: firstAt(NEWEST - day * DAY_MS - index, 'upload'),
      image_id: firstAt(NEWEST - day * DAY_MS - index, 'upload'),
      user_id: 'me',
      filename: 'a.jpg',
      content_type: 'image/jpeg',
      width: 300,
      height: 200,
      created_at: '2026-01-01T00:00:00Z',
      description: null,
      placeholder: null,
      dominant_color: null,
      renditions: null,
      status: 'ready',
    })),
  );

const placesOf = (counts: readonly number[], edges = { hasHeading: true, isCut: false }): (readonly number[])[] =>
  layoutBlock(picturesOf(counts), metrics, edges).parts.map(({ top, left }) => [top, left]);

/** The height of a day with one row, which isn't enlarged. */
const LINE = 48 + 200 + 4;

describe('days of few pictures', () => {
  it('are beside each other as long as the width is enough', () => {
    assert.deepEqual(placesOf([1, 3, 1, 1]), [
      [0, 0],
      [0, 320],
      [LINE, 0],
      [LINE, 320],
    ]);
    assert.deepEqual(
      layoutBlock(picturesOf([1, 3, 1, 1]), metrics, { hasHeading: true, isCut: false }).height,
      2 * LINE,
    );
  });

  it('are not beside one with a full row', () => {
    const [first, full, last] = placesOf([1, 4, 1]);
    assert.deepEqual(
      [first, full],
      [
        [0, 0],
        [LINE, 0],
      ],
    );
    assert.equal(last?.[1], 0);
  });

  it('are not beside one that goes on in the block above or below', () => {
    assert.deepEqual(placesOf([1, 1], { hasHeading: false, isCut: false }), [
      [0, 0],
      [204, 0],
    ]);
    assert.deepEqual(placesOf([1, 1], { hasHeading: true, isCut: true }), [
      [0, 0],
      [LINE, 0],
    ]);
  });
});

describe('days of one picture or two, one after another', () => {
  const partsOf = (counts: readonly number[], edges = { hasHeading: true, isCut: false }, width = 1_360) =>
    layoutBlock(picturesOf(counts), { ...metrics, width }, edges).parts.map(({ day, lastDay, rows }) => ({
      days: day - lastDay + 1,
      pictures: rows.flatMap(({ tiles }) => tiles).length,
    }));

  it('are joined, within a month', () => {
    // From the 20th of November on: 16 days, then 4, and 4 of October.
    assert.deepEqual(partsOf(Array<number>(24).fill(1)), [
      { days: 16, pictures: 16 },
      { days: 4, pictures: 4 },
      { days: 4, pictures: 4 },
    ]);
    assert.deepEqual(partsOf([1, 2, 1, 2, 3, 1]), [
      { days: 4, pictures: 6 },
      { days: 1, pictures: 3 },
      { days: 1, pictures: 1 },
    ]);
  });

  it('are not joined with one that goes on from the block above', () => {
    assert.deepEqual(
      partsOf([1, 1, 1, 1, 1], { hasHeading: false, isCut: true }).map(({ days }) => days),
      [1, 4],
    );
  });

  it('show at least 12 pictures of one a day on the screen of a phone', () => {
    const phone = { width: 374, rowHeight: 120, gap: 2, headingHeight: 48 };
    const { parts } = layoutBlock(picturesOf(Array<number>(20).fill(1)), phone, { hasHeading: true, isCut: true });
    const seen = parts
      .flatMap(({ rows }) => rows)
      .filter(({ top, height }) => top + height <= 844 - 52)
      .flatMap(({ tiles }) => tiles);
    assert.ok(seen.length >= 12, `${seen.length}`);
  });
});
