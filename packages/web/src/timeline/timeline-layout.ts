import { dayOf } from '../library/days.ts';
import type { Block, MonthCount, Segment } from '../library/library.ts';
import { AFTER_ALL, BEFORE_ALL, timeOf } from '../library/position.ts';
import { layoutBlock } from './block-layout.ts';
import { type Estimate, estimateOf, gapHeights } from './gap-heights.ts';
import type { Placed, PlacedBlock } from './placed.ts';
import type { GridMetrics } from './rows.ts';
import { createTimeScale, type TimeScale } from './time-scale.ts';

/** Where everything is, from the top of the grid, in pixels. */
export interface TimelineLayout {
  readonly metrics: GridMetrics;
  readonly placed: readonly Placed[];
  readonly height: number;
  /** The times of the first and the last picture, in milliseconds; both 0 while nothing is known. */
  readonly newest: number;
  readonly oldest: number;
  readonly months: readonly MonthCount[] | undefined;
  readonly scale: TimeScale;
}

export interface Known {
  readonly segments: readonly Segment[];
  readonly oldest: number | undefined;
  readonly months?: readonly MonthCount[] | undefined;
}

/** What was at its place in `previous` stays there, as far as that can be. */
export function layoutTimeline(
  { segments, oldest: end, months }: Known,
  metrics: GridMetrics,
  previous: TimelineLayout | undefined,
): TimelineLayout {
  const before = previous && sameMetrics(previous.metrics, metrics) ? previous.placed : [];
  const earlier = new Map(before.map((placed) => [placed.segment.key, placed]));
  const scale = previous && previous.months === months ? previous.scale : createTimeScale(months);
  const times = segments.flatMap((one) => (one.kind === 'block' ? [timeOf(one.newest), timeOf(one.oldest)] : []));
  const newest = times[0] ?? 0;
  // Unknown: as if what is loaded were all, until it is known a moment later.
  const oldest = end === undefined ? newest : Math.min(end, times.at(-1) ?? newest);

  const placed = segments.map((segment, index): Placed => {
    if (segment.kind === 'block') {
      const known = earlier.get(segment.key);
      return placeBlock(
        segment,
        [segments[index - 1], segments[index + 1]],
        known?.kind === 'block' ? known : undefined,
      );
    }
    const [to, from] = [
      segment.to === AFTER_ALL ? newest : timeOf(segment.to),
      segment.from === BEFORE_ALL ? oldest : timeOf(segment.from),
    ];
    return { kind: 'gap', segment, top: 0, height: 0, newest: to, oldest: Math.min(to, from) };
  });
  const estimate: Estimate = estimateOf(placed, { scale, newest, oldest });
  const heights = gapHeights(placed, before, { estimate, scale });
  let top = 0;
  const result = placed.map((one): Placed => {
    const height = one.kind === 'gap' ? (heights.get(one.segment.key) ?? estimate(one)) : one.height;
    const here = { ...one, top, height };
    top += height;
    return here;
  });
  return { metrics, placed: result, height: top, newest, oldest, months, scale };

  function placeBlock(
    segment: Block,
    [above, below]: readonly (Segment | undefined)[],
    known: PlacedBlock | undefined,
  ): PlacedBlock {
    const hasHeading = above?.kind !== 'block' || dayOf(above.oldest) !== dayOf(segment.newest);
    const isUnchanged = known?.layout !== undefined && known.segment.pictures === segment.pictures;
    if (known && isUnchanged && known.edges.hasHeading === hasHeading) return { ...known, segment };
    if (!segment.pictures) {
      const height = known?.height ?? segment.count * heightOfOne(metrics);
      return {
        kind: 'block',
        segment,
        top: 0,
        height,
        layout: undefined,
        edges: known?.edges ?? { hasHeading, isCut: true },
      };
    }
    // Its rows stay as they are when the gap below is filled, since they may be on the screen.
    const isCut =
      known?.edges.isCut ??
      (below?.kind === 'gap' || (below !== undefined && dayOf(below.newest) === dayOf(segment.oldest)));
    const edges = { hasHeading, isCut };
    const layout = layoutBlock(segment.pictures, metrics, edges);
    return { kind: 'block', segment, top: 0, height: layout.height, layout, edges };
  }
}

/** A picture's share of the height, if all were 3:2. */
const heightOfOne = ({ width, rowHeight, gap }: GridMetrics): number => ((rowHeight + gap) * rowHeight * 1.5) / width;

const sameMetrics = (one: GridMetrics, other: GridMetrics): boolean =>
  one.width === other.width && one.rowHeight === other.rowHeight;
