import type { Picture } from '../library/library.ts';

/** In pixels, without a margin. */
export interface Tile {
  readonly picture: Picture;
  readonly left: number;
  readonly width: number;
}

export interface Row {
  readonly top: number;
  readonly height: number;
  readonly tiles: readonly Tile[];
}

export interface GridMetrics {
  readonly width: number;
  /** The height that rows have more or less. */
  readonly rowHeight: number;
  readonly gap: number;
  readonly headingHeight: number;
}

/** Longer shapes are cropped: a panorama would be a row of its own, a receipt a line. */
const SHAPES = { widest: 3, tallest: 0.5 };
/** The only row of a day ends early if its pictures, at their usual height, are less than this part of the width. */
const ENOUGH = 0.6;

/** Rows from edge to edge, of heights as equal as they can be. Only a day of few pictures has a row that ends early. */
export function rowsOf(pictures: readonly Picture[], metrics: GridMetrics): readonly Row[] {
  const { width: fullWidth, gap, rowHeight } = metrics;
  /** The part of the width that they take at the usual height. */
  const fillOf = (row: readonly Picture[]): number =>
    (sumOf(row.map(shapeOf)) * rowHeight) / (fullWidth - gap * (row.length - 1));
  const worstOf = (some: readonly (readonly Picture[])[]): number =>
    Math.max(...some.map(fillOf).map((fill) => Math.max(fill, 1 / fill)));
  const rows: (readonly Picture[])[] = [];
  for (const picture of pictures) {
    const longer = [...(rows.at(-1) ?? []), picture];
    // As much too low with the picture as too high without it.
    if (longer.length > 1 && fillOf(longer) * fillOf(longer.slice(0, -1)) <= 1) rows[rows.length - 1] = longer;
    else rows.push([picture]);
  }
  // The last row may have been left with few.
  const rest = rows.splice(-2).flat();
  const splits = rest.map((_, at) => [rest.slice(0, at), rest.slice(at)].filter(({ length }) => length > 0));
  rows.push(...(splits.toSorted((one, other) => worstOf(one) - worstOf(other))[0] ?? []));

  let top = 0;
  return rows.map((row) => {
    const isShort = rows.length === 1 && fillOf(row) < ENOUGH;
    const height = isShort ? rowHeight : rowHeight / fillOf(row);
    let end = -gap;
    // Whole pixels: a seam between two pictures is as sharp as the pictures.
    const tiles = row.map((picture) => {
      const left = end + gap;
      end = left + shapeOf(picture) * height;
      return { picture, left: Math.round(left), width: Math.min(fullWidth, Math.round(end)) - Math.round(left) };
    });
    const one = { top, height: Math.round(height), tiles };
    top += one.height + gap;
    return one;
  });
}

const shapeOf = ({ width, height }: Picture): number =>
  width && height ? Math.min(SHAPES.widest, Math.max(SHAPES.tallest, width / height)) : 1;

const sumOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);
