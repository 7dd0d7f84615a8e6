import type { Placed, PlacedGap } from './placed.ts';
import type { TimeScale } from './time-scale.ts';

export type Estimate = (gap: PlacedGap) => number;

/** Browsers end pages at 17 to 33 million pixels. */
const MAX_HEIGHT = 10_000_000;
/** So high at least that one can scroll into it. */
export const MIN_GAP = 600;
/** The pictures of an hour say little about a year. */
const LEAST_SPAN_MS = 3_600_000;

interface Extent {
  readonly scale: TimeScale;
  readonly newest: number;
  readonly oldest: number;
}

/** By the pictures that are there between its times, or else by how dense the known ones are in time. */
export function estimateOf(placed: readonly Placed[], { scale, newest, oldest }: Extent): Estimate {
  const gaps = placed.filter((one) => one.kind === 'gap');
  const blocks = placed.filter((one) => one.kind === 'block');
  const all = scale.between(newest, oldest);
  const unknown = sum(gaps.map((gap) => scale.between(gap.newest, gap.oldest)));
  const known = sum(blocks.map(({ height }) => height));
  const { total } = scale;
  if (total === undefined) {
    const perMs = Math.min(known / Math.max(LEAST_SPAN_MS, all - unknown), MAX_HEIGHT / Math.max(1, all));
    return (gap) => Math.max(MIN_GAP, Math.round(perMs * scale.between(gap.newest, gap.oldest)));
  }
  const count = sum(blocks.map(({ segment }) => segment.count));
  const left = Math.max(0, total - count) * Math.min(known / Math.max(1, count), MAX_HEIGHT / total);
  const shareOf = (gap: PlacedGap): number =>
    unknown > 0 ? scale.between(gap.newest, gap.oldest) / unknown : 1 / gaps.length;
  return (gap) => Math.max(MIN_GAP, Math.round(left * shareOf(gap)));
}

/**
 * The heights of gaps by their keys. A gap that a block was found in gives its height to the block and to the gaps
 * left, so that what is above the block, and mostly what is below, stays where it is.
 */
export function gapHeights(
  placed: readonly Placed[],
  before: readonly Placed[],
  { estimate, scale }: { readonly estimate: Estimate; readonly scale: TimeScale },
): ReadonlyMap<number, number> {
  const heights = new Map<number, number>();
  for (const gap of before.filter((one) => one.kind === 'gap')) {
    const inside = placed.filter((one) => isInside(one, gap));
    const [first] = inside;
    const blocks = inside.filter((one) => one.kind === 'block');
    const gaps = inside.filter((one) => one.kind === 'gap');
    const left = gap.height - sum(blocks.map(({ height }) => height));
    for (const one of gaps) {
      if (isSame(one, gap)) heights.set(one.segment.key, gap.height);
      else if (one !== first || inside.length === 1) heights.set(one.segment.key, estimate(one));
      else if (gaps.length === 1) heights.set(one.segment.key, Math.max(MIN_GAP, Math.round(left)));
      else heights.set(one.segment.key, partOf(one, gap, scale));
    }
  }
  return heights;
}

function isInside(one: Placed, { segment }: PlacedGap): boolean {
  const [to, from] = one.kind === 'gap' ? [one.segment.to, one.segment.from] : [one.segment.newest, one.segment.oldest];
  return to <= segment.to && from >= segment.from;
}

const isSame = (one: PlacedGap, gap: PlacedGap): boolean =>
  one.segment.key === gap.segment.key && one.oldest === gap.oldest && one.newest === gap.newest;

/** The part of the height of `gap` that a gap above its other gaps gets, by what is between its times. */
function partOf(one: PlacedGap, gap: PlacedGap, scale: TimeScale): number {
  const all = scale.between(gap.newest, gap.oldest);
  const share = all > 0 ? scale.between(one.newest, one.oldest) / all : 0;
  return Math.max(1, Math.round(gap.height * Math.min(1, share)));
}

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
