import { dayOf } from '../library/days.ts';
import type { Sorted } from '../library/library.ts';
import { timeOf } from '../library/position.ts';
import { type GridMetrics, type Row, rowsOf } from './rows.ts';

/** A day's pictures in one block. Days of few pictures are beside each other. */
export interface DayPart {
  readonly day: number;
  /** The time of the block's first picture, in milliseconds. */
  readonly time: number;
  /** From the top of the block. */
  readonly top: number;
  readonly left: number;
  readonly width: number;
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

/** Pixels between days that are beside each other. */
const SPACE = 20;
/** Pixels for a date over a narrow picture. */
const LEAST_WIDTH = 176;

export function layoutBlock(pictures: readonly Sorted[], metrics: GridMetrics, edges: Edges): BlockLayout {
  const days = Map.groupBy(pictures, ({ at }) => dayOf(at));
  const parts: DayPart[] = [];
  let height = 0;
  for (const [day, own] of days) {
    const heading = parts.length > 0 || edges.hasHeading ? metrics.headingHeight : 0;
    const isCut = edges.isCut && parts.length === days.size - 1;
    const rows = rowsOf(own, metrics);
    const last = rows.at(-1)?.tiles.at(-1);
    const end = last ? last.left + last.width : 0;
    const isShort = heading > 0 && !isCut && rows.length === 1 && end < metrics.width - 1;
    const width = isShort ? Math.max(end, LEAST_WIDTH) : metrics.width;
    const before = parts.at(-1);
    const beside = before ? before.left + before.width + SPACE : 0;
    const [top, left] = before && beside + width <= metrics.width ? [before.top, beside] : [height, 0];
    const placed = rows.map((row) => ({
      ...row,
      top: top + heading + row.top,
      tiles: row.tiles.map((tile) => ({ ...tile, left: left + tile.left })),
    }));
    const lowest = placed.at(-1);
    const bottom = lowest ? lowest.top + lowest.height + metrics.gap : top + heading;
    parts.push({ day, time: timeOf(own[0]?.at ?? ''), top, left, width, height: bottom - top, rows: placed });
    height = Math.max(height, bottom);
  }
  return { parts, height };
}
