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
    assert.deepEqual(placesOf([1, 2, 1, 1]), [
      [0, 0],
      [0, 320],
      [0, 944],
      [LINE, 0],
    ]);
    assert.deepEqual(
      layoutBlock(picturesOf([1, 2, 1, 1]), metrics, { hasHeading: true, isCut: false }).height,
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
