import type { Library, Need } from '../library/library.ts';
import { AFTER_ALL, BEFORE_ALL, firstAt, type Order } from '../library/position.ts';
import { heightAt, placedAt, placeOf, rowsBetween, timeAt } from './places.ts';
import type { GridMetrics } from './rows.ts';
import { layoutTimeline, type TimelineLayout } from './timeline-layout.ts';

export interface TimelineView {
  readonly layout: TimelineLayout;
  /** What to render, from the top of the grid, in pixels: somewhat more than the screen shows. */
  readonly from: number;
  readonly to: number;
  /** Where to scroll before this is painted, so that what is on the screen stays there. */
  readonly scrollTo: number | undefined;
}

/** The part of the page that scrolls. */
export interface Scroller {
  /** The part of the grid above the screen's upper edge, in pixels. */
  top(): number;
  /** The height of the screen. */
  height(): number;
  scrollTo(top: number): void;
}

/** In pixels, from the left edge of the grid and the upper edge of the screen. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

const UPPER_EDGE: Point = { x: 0, y: 0 };

/** Nearer to the top, in pixels, the page shows the newest: what is new there is seen without scrolling. */
export const NEAR_TOP = 32;

/** To scroll to: with what is above the grid. */
export const PAGE_TOP = Number.NEGATIVE_INFINITY;

/** What is laid out and rendered, as the page scrolls and the library changes. */
export interface Timeline {
  readonly scroller: Scroller;
  view(): TimelineView;
  subscribe(listener: () => void): () => void;
  /**
   * The scroller's position at its latest move, in pixels: to read it from the page while it changes would lay it out
   * twice.
   */
  top(): number;
  /** What is at that point, by default at the upper edge of the screen, stays there. */
  resize(metrics: GridMetrics, at?: Point): void;
  scrolled(): void;
  /** Renders beyond the screen too, as a scroll does: the first pictures are there sooner without it. */
  widen(): void;
  /** Scrolls to the pictures before that time, and loads exactly those once the page rests there. */
  jump(time: number): void;
  /** While true, as when the scrubber is dragged, nothing is loaded until the page rests. */
  setDragging(isDragging: boolean): void;
  /** The block with this picture isn't dropped. */
  pin(id: string | undefined): void;
  close(): void;
}

/** The scroller rests when it hasn't moved for so long. */
const REST_MS = 150;
/** Beyond the screen, in screens: rendered, once the first pictures are there, and loaded. */
const RENDERED = 0.75;
const LOADED = 1.5;
/** The rendered part moves in steps, so that not every frame renders. */
const STEP = 256;
/** A move by more screens than this between two frames is a jump. */
const JUMP = 1.5;

export function createTimeline(library: Library, scroller: Scroller, metrics: GridMetrics): Timeline {
  const listeners = new Set<() => void>();
  let layout = layoutTimeline(library.snapshot(), metrics, undefined);
  let known = library.snapshot().segments;
  let knownOldest = library.snapshot().oldest;
  let lastTop = scroller.top();
  let rendered = 0;
  let current = rangeOf(layout);
  let isDragging = false;
  let isJumping = false;
  let pinned: string | undefined;
  /** Where the latest jump led, until the page is scrolled. */
  let target: { readonly top: number; readonly time: number } | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const unsubscribe = library.subscribe(() => {
    const { segments, oldest } = library.snapshot();
    if (segments !== known || oldest !== knownOldest) relayout(layout.metrics);
    settle();
  });
  settle();

  function rangeOf(next: TimelineLayout, top = scroller.top()): TimelineView {
    const height = scroller.height();
    const from = Math.max(0, Math.floor((top - rendered * height) / STEP) * STEP);
    const to = Math.ceil((top + (1 + rendered) * height) / STEP) * STEP;
    return { layout: next, from, to, scrollTo: undefined };
  }

  /** Where the pictures before that time begin, as far as the page can be scrolled. */
  const topOf = (time: number): number =>
    Math.min(heightAt(layout, time), Math.max(0, layout.height - scroller.height()));

  function show(view: TimelineView): void {
    current = view;
    for (const listener of listeners) listener();
  }

  function relayout(next: GridMetrics, at = UPPER_EDGE): void {
    const snapshot = library.snapshot();
    [known, knownOldest] = [snapshot.segments, snapshot.oldest];
    const before = layout;
    layout = layoutTimeline(snapshot, next, before);
    const page = scroller.top();
    // A move that isn't painted yet counts as done.
    const top = current.scrollTo ?? page;
    const moved = Math.round(
      target ? topOf(target.time) : topAfter(before, layout, { top, height: scroller.height(), at }),
    );
    if (target) target = { ...target, top: moved };
    show({ ...rangeOf(layout, moved), scrollTo: moved === Math.round(page) ? undefined : moved });
    if (current.scrollTo !== undefined) lastTop = current.scrollTo;
  }

  /**
   * The page jumps only with the scroller's own moves, so what it asks for is what was on the screen when it rested.
   */
  function settle(): void {
    if (isJumping) return;
    const top = current.scrollTo ?? scroller.top();
    library.need(needsOf(layout, { top, height: scroller.height(), time: target?.time, order: library.order }));
    const near = placedAt(layout, top + scroller.height() / 2)?.segment.key;
    const focused = pinned === undefined ? undefined : library.loaded(pinned);
    const block = focused && placeOf(layout, focused.at)?.block.segment.key;
    if (near !== undefined) library.keepNear(near, block === undefined ? [] : [block]);
  }

  return {
    scroller,
    view: () => current,
    top: () => lastTop,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    resize(next, at) {
      if (at) target = undefined;
      if (next.width !== layout.metrics.width || next.rowHeight !== layout.metrics.rowHeight) relayout(next, at);
      else show(rangeOf(layout));
      settle();
    },
    scrolled() {
      const top = scroller.top();
      if (isDragging || Math.abs(top - lastTop) > JUMP * scroller.height()) isJumping = true;
      lastTop = top;
      rendered = RENDERED;
      // The event of a scroll before the one that the latest layout asked for says nothing of where the page is now.
      if (target && current.scrollTo === undefined && Math.abs(target.top - top) > 1) target = undefined;
      const range = rangeOf(layout);
      if (range.from !== current.from || range.to !== current.to || current.scrollTo !== undefined) show(range);
      clearTimeout(resting);
      resting = setTimeout(() => {
        isJumping = false;
        settle();
      }, REST_MS);
      settle();
    },
    widen() {
      if (rendered === RENDERED) return;
      rendered = RENDERED;
      show(rangeOf(layout));
    },
    jump(time) {
      target = undefined;
      if (time >= layout.newest) return scroller.scrollTo(PAGE_TOP);
      target = { time, top: topOf(time) };
      scroller.scrollTo(target.top);
    },
    setDragging(is) {
      isDragging = is;
    },
    pin(id) {
      pinned = id;
    },
    close() {
      clearTimeout(resting);
      unsubscribe();
    },
  };
}

/** The scroller's top with which the picture, or the time of a gap, at that point stays there. */
function topAfter(before: TimelineLayout, after: TimelineLayout, { top, height, at }: Screen & At): number {
  if (top <= NEAR_TOP && at.y === 0) return top;
  const y = top + at.y;
  const [row] = rowsBetween(before, y, top + height);
  const anchor = row?.findLast(({ left }) => left <= at.x) ?? row?.[0];
  const place = anchor && placeOf(after, anchor.picture.at);
  if (anchor && place) return place.top - at.y + (y - anchor.top) * (y > anchor.top ? place.height / anchor.height : 1);
  // A gap fills the screen, so nothing can be seen to move.
  return top;
}

interface At {
  readonly at: Point;
}

interface Screen {
  readonly top: number;
  readonly height: number;
}

interface Wanted extends Screen {
  /** That of its upper edge, if a jump led there. */
  readonly time: number | undefined;
  readonly order: Order;
}

/** What isn't loaded on the screen and somewhat beyond it. */
function needsOf(layout: TimelineLayout, { top, height, time, order }: Wanted): readonly Need[] {
  const [from, to] = [top - LOADED * height, top + (1 + LOADED) * height];
  return layout.placed.flatMap((one, index): readonly Need[] => {
    const end = one.top + one.height;
    if (end <= from || one.top >= to) return [];
    if (one.kind === 'block') return one.layout ? [] : [{ block: one.segment }];
    const { segment: gap } = one;
    const [above, below] = [layout.placed[index - 1], layout.placed[index + 1]];
    if (gap.to === AFTER_ALL || (above && one.top > from)) return [{ gap, at: 'newest' }];
    if (below && end < to && gap.from !== BEFORE_ALL) return [{ gap, at: 'oldest' }];
    const position = firstAt(time ?? timeAt(layout, top), order);
    // Pictures of one millisecond may fill more than the screen: no list begins among them.
    if (position >= gap.to) return [{ gap, at: 'newest' }];
    const isOldest = position <= gap.from || (time !== undefined && time <= layout.oldest);
    return [{ gap, at: isOldest ? 'oldest' : { below: position } }];
  });
}
