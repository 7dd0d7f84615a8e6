import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Segment, Sorted } from '../library/library.ts';
import { AFTER_ALL, BEFORE_ALL, firstAt, timeOf } from '../library/position.ts';
import { fillGap, gapOf } from '../library/segments.ts';
import { heightAt, timeAt } from './places.ts';
import { layoutTimeline, type TimelineLayout } from './timeline-layout.ts';

const HOUR_MS = 3_600_000;
const NEWEST = Date.UTC(2026, 10, 20);
const OLDEST = NEWEST - 5_000 * HOUR_MS;
const metrics = { width: 1_360, rowHeight: 200, gap: 4, headingHeight: 48 };

/** One an hour, from some hours after the newest on. */
const picturesFrom = (hours: number, count: number): Sorted[] =>
  Array.from({ length: count }, (_, index) => ({
    at: firstAt(NEWEST - (hours + index) * HOUR_MS, 'upload'),
    image_id: firstAt(NEWEST - (hours + index) * HOUR_MS, 'upload'),
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
  }));

function pageFrom(hours: number, count: number) {
  const pictures = picturesFrom(hours, count);
  return { pictures, to: pictures[0]?.at ?? '', from: pictures.at(-1)?.at ?? '' };
}

/** The newest page is loaded, and a page in the middle, as after a jump. */
function jumped() {
  const unknown = gapOf(AFTER_ALL, BEFORE_ALL);
  const first = fillGap([unknown], unknown.key, { ...pageFrom(0, 200), to: AFTER_ALL });
  const before = layoutTimeline({ segments: first, oldest: OLDEST }, metrics, undefined);
  const y = heightAt(before, NEWEST - 2_500 * HOUR_MS);
  const gap = first.at(-1);
  assert.ok(gap?.kind === 'gap');
  const segments = fillGap(first, gap.key, { ...pageFrom(2_500, 200), to: firstAt(timeAt(before, y), 'upload') });
  return { y, segments, layout: layoutTimeline({ segments, oldest: OLDEST }, metrics, before) };
}

const topOf = (layout: TimelineLayout, segment: Segment | undefined): number | undefined =>
  layout.placed.find((one) => one.segment.key === segment?.key)?.top;

describe('the layout of the timeline', () => {
  it('puts the page of a jump where the page rested', () => {
    const { y, segments, layout } = jumped();
    assert.deepEqual(
      segments.map(({ kind }) => kind),
      ['block', 'gap', 'block', 'gap'],
    );
    assert.ok(Math.abs((topOf(layout, segments[2]) ?? 0) - y) <= 1);
  });

  it('leaves a block where it is when pages are loaded above and below it', () => {
    const { segments, layout } = jumped();
    const [, above, block, below] = segments;
    assert.ok(above?.kind === 'gap' && below?.kind === 'gap');
    const page = pageFrom(2_300, 200);
    const more = fillGap(segments, above.key, { ...page, from: above.from });
    const next = layoutTimeline({ segments: more, oldest: OLDEST }, metrics, layout);
    const all = fillGap(more, below.key, { ...pageFrom(2_700, 200), to: below.to });
    const last = layoutTimeline({ segments: all, oldest: OLDEST }, metrics, next);
    // Its heading goes, since the day began above: its rows stay.
    const rowOf = (one: TimelineLayout): number => heightAt(one, timeOf(picturesFrom(2_530, 1)[0]?.at ?? ''));
    assert.ok(Math.abs(rowOf(next) - rowOf(layout)) <= metrics.headingHeight);
    assert.equal(rowOf(last), rowOf(next));
    assert.equal(topOf(last, block), topOf(next, block));
  });
});
