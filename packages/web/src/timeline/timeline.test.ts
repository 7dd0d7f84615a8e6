import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createLibrary } from '../library/create-library.ts';
import type { Library, Picture } from '../library/library.ts';
import { listed } from '../library/listed.fixture.ts';
import { firstAt } from '../library/position.ts';
import { rowsBetween } from './places.ts';
import { monthOf } from './time-scale.ts';
import { createTimeline, type Timeline } from './timeline.ts';

const HOUR_MS = 3_600_000;
const NEWEST = Date.UTC(2025, 11, 31, 20);
const UPLOADED = Date.UTC(2026, 0, 5);
const HEIGHT = 844;
const metrics = { width: 1_360, rowHeight: 236, gap: 4, headingHeight: 48 };

/** One every third hour. */
const pictureOf = (number: number): Picture => ({
  image_id: firstAt(UPLOADED - number, 'upload'),
  user_id: 'me',
  filename: `${number}.jpg`,
  content_type: 'image/jpeg',
  width: 360 + 90 * (number % 3),
  height: 320,
  created_at: '2026-01-05T00:00:00Z',
  description: null,
  placeholder: null,
  dominant_color: null,
  renditions: null,
  status: 'ready',
  facts: { taken_at: new Date(NEWEST - 3 * number * HOUR_MS).toISOString().slice(0, -1) },
});

/** A page that paints in a microtask, as React does, and tells of a scroll at the next turn. */
function shown(t: TestContext, library: Library) {
  let top = 0;
  let isPainting = false;
  const timeline: Timeline = createTimeline(
    library,
    {
      top: () => top,
      height: () => HEIGHT,
      scrollTo(to) {
        top = Math.round(Math.min(Math.max(0, to), timeline.view().layout.height - HEIGHT));
        void setImmediate().then(timeline.scrolled);
      },
    },
    metrics,
  );
  t.after(timeline.close);
  timeline.subscribe(() => {
    if (isPainting) return;
    isPainting = true;
    queueMicrotask(() => {
      isPainting = false;
      const { scrollTo } = timeline.view();
      if (scrollTo !== undefined) timeline.scroller.scrollTo(scrollTo);
    });
  });
  return timeline;
}

/** The names of the first whole row on the screen. */
function firstRow({ view, scroller }: Timeline): readonly string[] {
  const [from, to] = [scroller.top(), scroller.top() + HEIGHT];
  const whole = rowsBetween(view().layout, from, to).find(([first]) => first && first.top >= from);
  return whole?.map(({ picture }) => picture.filename) ?? [];
}

it('the newest pictures of a month are at the top after a jump to it, while others are dropped', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const pictures = Array.from({ length: 6_000 }, (_, number) => pictureOf(number));
  const library = createLibrary({ client: listed(pictures).client, user: undefined, order: 'capture' });
  t.after(library.close);
  while (library.snapshot().months === undefined) await setImmediate();
  const timeline = shown(t, library);
  for (const { month } of library.snapshot().months?.slice(1) ?? []) {
    timeline.jump(monthOf({ month }).to);
    for (let turns = 0; turns < 20; turns += 1) {
      t.mock.timers.tick(200);
      await setImmediate();
    }
    const newest = pictures.find(({ facts }) => facts?.taken_at?.startsWith(month))?.filename;
    assert.ok(firstRow(timeline).includes(newest ?? ''), `expected ${newest} for ${month}; got ${firstRow(timeline)}`);
  }
  assert.ok(library.snapshot().segments.some((one) => one.kind === 'block' && !one.pictures));
});
