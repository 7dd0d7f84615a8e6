import type { Sorted } from '../library/library.ts';
import { firstIndex } from './first-index.ts';
import type { TimelineLayout } from './timeline-layout.ts';

/** Which of all pictures one is: 1 is the newest. */
export interface Numbers {
  /** undefined: some above it aren't known. */
  of(picture: Sorted): number | undefined;
  /** undefined: nobody knows. */
  readonly total: number | undefined;
}

export function numbersIn({ placed, scale }: Pick<TimelineLayout, 'placed' | 'scale'>): Numbers {
  const firstGap = placed.findIndex(({ kind }) => kind === 'gap');
  const above = placed.slice(0, firstGap < 0 ? placed.length : firstGap);
  const blocks = above.flatMap(({ segment }) => (segment.kind === 'block' ? [segment] : []));
  const counted = blocks.reduce((sum, { count }) => sum + count, 0);
  return {
    of({ at }) {
      let before = 0;
      for (const { oldest, count, pictures } of blocks) {
        if (at >= oldest) return pictures && before + firstIndex(pictures, (one) => one.at <= at) + 1;
        before += count;
      }
      return undefined;
    },
    total: firstGap < 0 ? counted : scale.total && Math.max(scale.total, counted),
  };
}
