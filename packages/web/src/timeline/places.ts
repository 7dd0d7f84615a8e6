import type { Sorted } from '../library/library.ts';
import { type Position, timeOf } from '../library/position.ts';
import type { DayPart } from './block-layout.ts';
import { firstIndex } from './first-index.ts';
import type { Placed, PlacedBlock } from './placed.ts';
import type { Row, Tile } from './rows.ts';
import type { TimelineLayout } from './timeline-layout.ts';

/** Where a picture is, from the top of the grid, in pixels. */
export interface Place {
  readonly picture: Sorted;
  readonly block: PlacedBlock;
  readonly day: number;
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** The block or gap at that height; the last one below the end. */
export function placedAt({ placed }: TimelineLayout, y: number): Placed | undefined {
  return placed[Math.max(0, firstIndex(placed, (one) => one.top > y) - 1)];
}

/** The place of the picture there, or else of the next older one in its block; undefined if that isn't loaded. */
export function placeOf({ placed }: TimelineLayout, position: Position): Place | undefined {
  const block =
    placed[
      firstIndex(placed, (one) => (one.kind === 'gap' ? one.segment.from < position : one.segment.oldest <= position))
    ];
  if (block?.kind !== 'block' || !block.layout) return undefined;
  for (const { day, rows } of block.layout.parts) {
    const last = rows.at(-1)?.tiles.at(-1);
    if (!last || last.picture.at > position) continue;
    for (const row of rows) {
      const tile = row.tiles.find(({ picture }) => picture.at <= position);
      if (tile) return placeIn({ block, day }, row, tile);
    }
  }
  return undefined;
}

const placeIn = (
  { block, day }: Pick<Place, 'block' | 'day'>,
  { top, height }: Row,
  { picture, left, width }: Tile,
): Place => ({
  picture,
  block,
  day,
  top: block.top + top,
  left,
  width,
  height,
});

/** The time of the pictures at that height, in milliseconds. In a gap as if those of a month were spread evenly. */
export function timeAt(layout: TimelineLayout, y: number): number {
  const { scale } = layout;
  const one = placedAt(layout, y);
  if (!one) return layout.newest;
  const share = Math.min(1, Math.max(0, (y - one.top) / Math.max(1, one.height)));
  const within = (newest: number, oldest: number): number =>
    scale.timeBelow(newest, share * scale.between(newest, oldest), oldest);
  if (one.kind === 'gap') return within(one.newest, one.oldest);
  const row = one.layout && rowsIn(one.layout.parts).find(({ top, height }) => one.top + top + height > y);
  const first = row?.tiles[0]?.picture.at;
  if (first !== undefined) return timeOf(first);
  return within(timeOf(one.segment.newest), timeOf(one.segment.oldest));
}

/** The height at which the pictures of that time, or the next older ones, are or would be. */
export function heightAt(layout: TimelineLayout, time: number): number {
  const one =
    layout.placed[
      firstIndex(layout.placed, (each) => (each.kind === 'gap' ? each.oldest : timeOf(each.segment.oldest)) <= time)
    ] ?? layout.placed.at(-1);
  if (!one) return 0;
  if (one.kind === 'block' && one.layout) {
    for (const part of one.layout.parts) {
      const [first] = part.rows;
      const row = part.rows.find(({ tiles }) => timeOf(tiles.at(-1)?.picture.at ?? '') <= time);
      // With the heading, if the day begins there.
      if (row) return one.top + (row === first ? part.top : row.top);
    }
  }
  const [newest, oldest] =
    one.kind === 'gap' ? [one.newest, one.oldest] : [timeOf(one.segment.newest), timeOf(one.segment.oldest)];
  const { scale } = layout;
  const all = scale.between(newest, oldest);
  const share = all > 0 ? Math.min(1, Math.max(0, scale.between(newest, time) / all)) : 0;
  return one.top + share * one.height;
}

/** The rows whose heights meet these, the highest first. Days beside each other have one. */
export function rowsBetween(layout: TimelineLayout, from: number, to: number): readonly (readonly Place[])[] {
  return layout.placed.flatMap((block) => {
    if (block.kind !== 'block' || !block.layout || block.top >= to || block.top + block.height <= from) return [];
    const places = block.layout.parts.flatMap(({ day, rows }) =>
      rows
        .filter(({ top, height }) => block.top + top < to && block.top + top + height > from)
        .flatMap((row) => row.tiles.map((tile) => placeIn({ block, day }, row, tile))),
    );
    return [...Map.groupBy(places, ({ top }) => top).values()];
  });
}

const rowsIn = (parts: readonly DayPart[]): readonly Row[] => parts.flatMap(({ rows }) => rows);
