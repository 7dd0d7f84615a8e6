import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
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

/** Until nothing is asked for any more. */
async function rest(t: TestContext): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) {
    t.mock.timers.tick(200);
    await setImmediate();
  }
}

describe('a timeline with more pictures than are kept', () => {
  /** At the oldest month, after a jump to each. `look` is called after each jump. */
  async function jumped(t: TestContext, look: (timeline: Timeline, newest: string) => void) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const pictures = Array.from({ length: 6_000 }, (_, number) => pictureOf(number));
    const { client, asked } = listed(pictures);
    const library = createLibrary({ client, user: undefined, order: 'capture' });
    t.after(library.close);
    while (library.snapshot().months === undefined) await setImmediate();
    const timeline = shown(t, library);
    for (const { month } of library.snapshot().months?.slice(1) ?? []) {
      timeline.jump(monthOf({ month }).to);
      await rest(t);
      look(timeline, pictures.find(({ facts }) => facts?.taken_at?.startsWith(month))?.filename ?? '');
    }
    assert.ok(library.snapshot().segments.some((one) => one.kind === 'block' && !one.pictures));
    return { library, asked, pictures };
  }

  it('has the newest pictures of a month at the top after a jump to it', async (t) => {
    await jumped(t, (timeline, newest) => {
      const row = firstRow(timeline);
      assert.ok(row.includes(newest), `expected ${newest}; got ${row}`);
    });
  });

  it('keeps a picture that is far away until somebody has been led there', async (t) => {
    const { library, asked, pictures } = await jumped(t, () => undefined);
    for (const { image_id: id } of [0, 250, 500].flatMap((number) => pictures[number] ?? [])) {
      assert.equal(library.loaded(id), undefined);
      const before = asked.length;
      library.reveal(id);
      await rest(t);
      assert.equal(library.snapshot().revealed?.image_id, id);
      assert.ok(library.loaded(id));
      assert.ok(asked.length <= before + 1, `expected a list of its block; got ${asked.length - before} lists`);
      library.reveal(undefined);
    }
  });
});
