import justified from 'justified-layout';
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
const TOLERANCE = 0.25;
/** Of a row: less than that many are a row of their own. */
const ENOUGH = 0.5;

/**
 * Rows from edge to edge. The last one of a day may end early. With `isContinued` the day goes on in the next block, so the pictures of the
 * last two rows are shared out until both are full.
 */
export function rowsOf(
  pictures: readonly Picture[],
  metrics: GridMetrics,
  { isContinued }: { readonly isContinued: boolean },
): readonly Row[] {
  const { width: containerWidth, gap, rowHeight } = metrics;
  const shapes = pictures.map(({ width, height }) =>
    width && height ? Math.min(SHAPES.widest, Math.max(SHAPES.tallest, width / height)) : 1,
  );
  const { boxes, widowCount } = justified(shapes, {
    containerWidth,
    containerPadding: 0,
    boxSpacing: gap,
    targetRowHeight: rowHeight,
    targetRowHeightTolerance: TOLERANCE,
  });
  const tiles = boxes.flatMap(({ top, left, width, height }, index) => {
    const [picture, shape] = [pictures[index], shapes[index]];
    return picture && shape !== undefined ? [{ picture, shape, top, left, width, height }] : [];
  });
  const rows = [...Map.groupBy(tiles, ({ top }) => top).values()];
  const even = isContinued && widowCount > 0 ? sharedOut(rows.slice(-2).flat(), metrics) : undefined;
  if (even) rows.splice(-2, 2, ...even);

  let top = 0;
  return rows.map((row) => {
    // Whole pixels: a seam between two pictures is as sharp as the pictures.
    const placed = row.map(({ picture, left, width }) => {
      const end = Math.min(containerWidth, Math.round(left + width));
      return { picture, left: Math.round(left), width: end - Math.round(left) };
    });
    const height = Math.round(row[0]?.height ?? 0);
    const one = { top, height, tiles: placed };
    top += height + gap;
    return one;
  });
}

interface Shaped {
  readonly picture: Picture;
  readonly shape: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** One or two full rows; undefined for too few pictures for a row. */
function sharedOut<One extends Shaped>(tiles: readonly One[], metrics: GridMetrics): readonly One[][] | undefined {
  const total = sumOf(tiles);
  const inRows = (total * metrics.rowHeight) / metrics.width;
  if (inRows < ENOUGH) return undefined;
  if (inRows < 1 + ENOUGH) return [full(tiles, metrics)];
  const half = tiles.findIndex((_, index) => sumOf(tiles.slice(0, index + 1)) > total / 2);
  // The picture across the middle goes to the row that has less without it.
  const isAbove = 2 * sumOf(tiles.slice(0, half)) + (tiles[half]?.shape ?? 0) < total;
  const split = isAbove ? half + 1 : half;
  return [full(tiles.slice(0, split), metrics), full(tiles.slice(split), metrics)];
}

function full<One extends Shaped>(tiles: readonly One[], { width, gap }: GridMetrics): One[] {
  const height = (width - gap * (tiles.length - 1)) / sumOf(tiles);
  let left = 0;
  return tiles.map((tile) => {
    const one = { ...tile, left, width: tile.shape * height, height };
    left += one.width + gap;
    return one;
  });
}

const sumOf = (tiles: readonly Shaped[]): number => tiles.reduce((sum, { shape }) => sum + shape, 0);
