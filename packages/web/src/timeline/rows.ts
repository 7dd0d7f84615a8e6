import type { Sorted } from '../library/library.ts';

/** In pixels, without a margin. */
export interface Tile {
  readonly picture: Sorted;
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
const ENOUGH = 0.7;
/** The ideal width of a row, as a part of the full width: rows are rather higher than lower than usual. */
const IDEAL = 0.95;
/** The last rows of a day, which share their pictures out: more would move what is far from a picture that leaves. */
const LAST = 3;

/** Rows from edge to edge. Only a day of few pictures has a row that ends early. */
export function rowsOf(pictures: readonly Sorted[], metrics: GridMetrics): readonly Row[] {
  const { width: fullWidth, gap, rowHeight } = metrics;
  const fillOf: Fill = (row) => (sumOf(row.map(shapeOf)) * rowHeight) / (fullWidth - gap * (row.length - 1));
  const rows: (readonly Sorted[])[] = [];
  for (const picture of pictures) {
    const longer = [...(rows.at(-1) ?? []), picture];
    // As much too low with the picture as too high without it.
    if (longer.length > 1 && fillOf(longer) * fillOf(longer.slice(0, -1)) <= 1) rows[rows.length - 1] = longer;
    else rows.push([picture]);
  }
  rows.push(...evenRows(rows.splice(-LAST).flat(), fillOf));

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

/** The part of the width that a row takes at the usual height. */
type Fill = (row: readonly Sorted[]) => number;

/** The rows whose heights differ the least from the usual one, by the squares of the differences. */
function evenRows(pictures: readonly Sorted[], fillOf: Fill): readonly (readonly Sorted[])[] {
  /** By the number of pictures, from the first on. */
  const best: { readonly cost: number; readonly rows: readonly (readonly Sorted[])[] }[] = [{ cost: 0, rows: [] }];
  for (let end = 1; end <= pictures.length; end += 1) {
    const ways = best.map(({ cost, rows }, from) => {
      const row = pictures.slice(from, end);
      return { cost: cost + (fillOf(row) - IDEAL) ** 2, rows: [...rows, row] };
    });
    best.push(ways.reduce((one, other) => (other.cost < one.cost ? other : one)));
  }
  return best.at(-1)?.rows ?? [];
}

const shapeOf = ({ width, height }: Sorted): number =>
  width && height ? Math.min(SHAPES.widest, Math.max(SHAPES.tallest, width / height)) : 1;

const sumOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);
