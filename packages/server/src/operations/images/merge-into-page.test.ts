import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOTHING_SAID } from '../../domain/facts/facts.ts';
import type { WallClock } from '../../domain/facts/wall-clock.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { firstIdAt } from '../../domain/image/image-id.ts';
import { capturePositionOf } from '../../domain/lists/list-position.ts';
import { readyQuery } from '../../records/images/list-model.fixture.ts';
import { samplePending, samplePublished } from '../../records/images/sample-images.fixture.ts';
import { mergeIntoPage } from './merge-into-page.ts';

const idAt = (milliseconds: number) => firstIdAt(new Date(milliseconds));
const readyAt = (milliseconds: number, description: string | null = null): ReadyImage =>
  samplePublished(samplePending({ id: idAt(milliseconds), description }));

describe('merging into a page', () => {
  for (const [order, within, behind] of [
    ['newest', 6, 4],
    ['oldest', 4, 6],
  ] as const) {
    it(`ends at the position where the search gave up before its page was full, ${order} first`, () => {
      const page = { images: [], next: idAt(5) };
      const merged = mergeIntoPage(page, [readyAt(behind), readyAt(within)], readyQuery({ order }));
      assert.deepEqual(merged, { images: [readyAt(within)], next: idAt(5) });
    });
  }

  it('puts an image where it was taken, and leaves one that was taken later to the next page', () => {
    const takenAt = (clock: string, ms: number): ReadyImage => ({
      ...readyAt(ms),
      facts: { ...NOTHING_SAID.facts, takenByHand: clock as WallClock },
    });
    const [first, second, third] = [
      takenAt('2001-01-01T00:00:00.000', 3),
      takenAt('2002-01-01T00:00:00.000', 2),
      takenAt('2003-01-01T00:00:00.000', 1),
    ];
    const query = readyQuery({ order: 'taken-oldest', limit: 2 });
    const page = { images: [first], next: capturePositionOf(second) };
    assert.deepEqual(mergeIntoPage(page, [third, second], query), {
      images: [first, second],
      next: capturePositionOf(second),
    });
    assert.deepEqual(mergeIntoPage({ images: [second, third], next: null }, [first], query), {
      images: [first, second],
      next: capturePositionOf(second),
    });
  });

  it('does not replace an image that is already in the page', () => {
    const page = { images: [readyAt(1, 'edited since')], next: null };
    assert.deepEqual(mergeIntoPage(page, [readyAt(1), readyAt(2)], readyQuery()), {
      images: [readyAt(2), readyAt(1, 'edited since')],
      next: null,
    });
  });
});
