import { dayOf } from '../library/days.ts';
import type { Picture } from '../library/library.ts';
import { timeOf } from '../library/picture-id.ts';
import { type GridMetrics, type Row, rowsOf } from './rows.ts';

/** A day's pictures in one block. */
export interface DayPart {
  readonly day: number;
  /** Of its first picture, in milliseconds. */
  readonly time: number;
  /** From the top of the block. */
  readonly top: number;
  /** With the heading, if the day begins here. */
  readonly height: number;
  /** Their tops are from the top of the block. */
  readonly rows: readonly Row[];
}

export interface BlockLayout {
  readonly parts: readonly DayPart[];
  readonly height: number;
}

export interface Edges {
  /** Whether the first day's heading is here, not in the block above. */
  readonly hasHeading: boolean;
  /** Whether the last day may go on below. */
  readonly isCut: boolean;
}

export function layoutBlock(pictures: readonly Picture[], metrics: GridMetrics, edges: Edges): BlockLayout {
  const days = Map.groupBy(pictures, ({ image_id }) => dayOf(timeOf(image_id)));
  const parts: DayPart[] = [];
  let top = 0;
  for (const [day, own] of days) {
    const [isFirst, isLast] = [parts.length === 0, parts.length === days.size - 1];
    const from = top + (isFirst && !edges.hasHeading ? 0 : metrics.headingHeight);
    const rows = rowsOf(own, metrics, { isContinued: isLast && edges.isCut }).map((row) => ({
      ...row,
      top: from + row.top,
    }));
    const last = rows.at(-1);
    const height = (last ? last.top + last.height + metrics.gap : from) - top;
    parts.push({ day, time: timeOf(own[0]?.image_id ?? ''), top, height, rows });
    top += height;
  }
  return { parts, height: top };
}
