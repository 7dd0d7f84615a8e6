import type { Placed, PlacedGap } from './timeline-layout.ts';

export type Estimate = (gap: PlacedGap) => number;

/** Browsers end pages at 17 to 33 million pixels. */
const MAX_HEIGHT = 10_000_000;
/** So high at least that one can scroll into it. */
export const MIN_GAP = 600;
/** The pictures of an hour say little about a year. */
const LEAST_SPAN_MS = 3_600_000;

/** By how dense the known pictures are in time. */
export function estimateOf(placed: readonly Placed[], span: number): Estimate {
  const unknown = sum(placed.map((one) => (one.kind === 'gap' ? one.newest - one.oldest : 0)));
  const known = sum(placed.map((one) => (one.kind === 'block' ? one.height : 0)));
  const perMs = Math.min(known / Math.max(LEAST_SPAN_MS, span - unknown), MAX_HEIGHT / Math.max(1, span));
  return ({ newest, oldest }) => Math.max(MIN_GAP, Math.round(perMs * (newest - oldest)));
}

/**
 * The heights of gaps by their keys. A gap that a block was found in gives its height to the block and to the gaps left, so that what is above
 * the block, and mostly what is below, stays where it is.
 */
export function gapHeights(
  placed: readonly Placed[],
  before: readonly Placed[],
  estimate: Estimate,
): ReadonlyMap<number, number> {
  const heights = new Map<number, number>();
  for (const gap of before.filter((one) => one.kind === 'gap')) {
    const inside = placed.filter((one) => isInside(one, gap));
    const blocks = inside.filter((one) => one.kind === 'block');
    const found = sum(blocks.map(({ height }) => height));
    for (const [index, one] of inside.entries()) {
      if (one.kind !== 'gap') continue;
      const isSame = one.segment.key === gap.segment.key && one.oldest === gap.oldest && one.newest === gap.newest;
      const isAbove = index === 0 && inside.length > 1;
      const isOnly = inside.length - blocks.length === 1;
      heights.set(one.segment.key, isSame ? gap.height : isAbove ? heightAbove(one, isOnly) : estimate(one));
    }

    function heightAbove(one: PlacedGap, isOnly: boolean): number {
      const share = (one.newest - one.oldest) / Math.max(1, gap.newest - gap.oldest);
      return Math.max(isOnly ? MIN_GAP : 1, Math.round(isOnly ? gap.height - found : gap.height * Math.min(1, share)));
    }
  }
  return heights;

  function isInside(one: Placed, { segment }: PlacedGap): boolean {
    const [to, from] =
      one.kind === 'gap' ? [one.segment.to, one.segment.from] : [one.segment.newest, one.segment.oldest];
    return to <= segment.to && from >= segment.from;
  }
}

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
