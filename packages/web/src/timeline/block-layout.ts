import { dayOf } from '../library/days.ts';
import type { Sorted } from '../library/library.ts';
import { timeOf } from '../library/position.ts';
import { type GridMetrics, type Row, rowsOf } from './rows.ts';

/** A day's pictures in one block. Days of few pictures are beside each other, or several of them are one part. */
export interface DayPart {
  /** Its newest day and its oldest. */
  readonly day: number;
  readonly lastDay: number;
  /** The times of its first picture and of the first one of its oldest day, in milliseconds. */
  readonly time: number;
  readonly lastTime: number;
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

const DAY_MS = 86_400_000;
/** Pixels between days that are beside each other. */
const SPACE = 20;
/** Pixels for a date over a narrow picture. */
const LEAST_WIDTH = 176;
/** Days of so few pictures are joined, if at least so many of them follow each other in a month. */
const SPARSE = { mostPictures: 2, leastDays: 4, mostDays: 16 };
/** Their rows are lower: a date for each picture takes as much room as the pictures. */
const SPARSE_ROW = 0.8;

export function layoutBlock(pictures: readonly Sorted[], metrics: GridMetrics, edges: Edges): BlockLayout {
  const days = groupsOf([...Map.groupBy(pictures, ({ at }) => dayOf(at))], edges);
  const parts: DayPart[] = [];
  let height = 0;
  for (const { day, lastDay, pictures: own } of days) {
    const heading = parts.length > 0 || edges.hasHeading ? metrics.headingHeight : 0;
    const isCut = edges.isCut && parts.length === days.length - 1;
    const isJoined = day !== lastDay;
    const rows = rowsOf(own, isJoined ? { ...metrics, rowHeight: metrics.rowHeight * SPARSE_ROW } : metrics);
    const last = rows.at(-1)?.tiles.at(-1);
    const end = last ? last.left + last.width : 0;
    const isShort = heading > 0 && !isCut && !isJoined && rows.length === 1 && end < metrics.width - 1;
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
    const time = timeOf(own[0]?.at ?? '');
    const lastTime = timeOf(own.find(({ at }) => dayOf(at) === lastDay)?.at ?? '');
    parts.push({ day, lastDay, time, lastTime, top, left, width, height: bottom - top, rows: placed });
    height = Math.max(height, bottom);
  }
  return { parts, height };
}

interface Group extends Pick<DayPart, 'day' | 'lastDay'> {
  readonly pictures: readonly Sorted[];
}

type Day = readonly [day: number, pictures: readonly Sorted[]];

/** Joins the days of a sparse library, but none that began in the block above. */
function groupsOf(days: readonly Day[], { hasHeading }: Edges): readonly Group[] {
  const runs: Day[][] = [];
  const canJoin = (index: number): boolean =>
    (hasHeading || index > 0) && (days[index]?.[1].length ?? Number.POSITIVE_INFINITY) <= SPARSE.mostPictures;
  for (const [index, day] of days.entries()) {
    const run = runs.at(-1);
    const [first] = run ?? [];
    const isLonger = run && first && run.length < SPARSE.mostDays && monthOf(first) === monthOf(day);
    if (isLonger && canJoin(index - 1) && canJoin(index)) run.push(day);
    else runs.push([day]);
  }
  return runs.flatMap((run): readonly Group[] => {
    const [first, last] = [run[0], run.at(-1)];
    if (!first || !last || run.length < SPARSE.leastDays)
      return run.map(([day, pictures]) => ({ day, lastDay: day, pictures }));
    return [{ day: first[0], lastDay: last[0], pictures: run.flatMap(([, pictures]) => pictures) }];
  });
}

/** Days count as they do for a clock that shows UTC. */
const monthOf = ([day]: Day): string => new Date(day * DAY_MS).toISOString().slice(0, 'YYYY-MM'.length);
