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
/** Other row heights, the nearest first, with which the last row may be a full one. */
const FACTORS = [1, 0.95, 1.05, 0.9, 1.1, 0.85, 1.15, 0.8, 1.2];

/**
 * Rows from edge to edge. The last one of a day may end early. With `isContinued` the day goes on in the next block, so the rows are made
 * a bit lower or higher until the last one is full.
 */
export function rowsOf(
  pictures: readonly Picture[],
  metrics: GridMetrics,
  { isContinued }: { readonly isContinued: boolean },
): readonly Row[] {
  const shapes = pictures.map(({ width, height }) =>
    width && height ? Math.min(SHAPES.widest, Math.max(SHAPES.tallest, width / height)) : 1,
  );
  const layouts = FACTORS.values().map((factor) => layoutOf(shapes, metrics, metrics.rowHeight * factor));
  const first = layoutOf(shapes, metrics, metrics.rowHeight);
  const { boxes } = isContinued ? (layouts.find(({ widowCount }) => !widowCount) ?? first) : first;
  const rows: { top: number; height: number; tiles: Tile[] }[] = [];
  let top = -1;
  for (const [index, box] of boxes.entries()) {
    const picture = pictures[index];
    if (!picture) continue;
    if (box.top !== top) {
      const last = rows.at(-1);
      // Whole pixels: a seam between two pictures is as sharp as the pictures.
      rows.push({ top: last ? last.top + last.height + metrics.gap : 0, height: Math.round(box.height), tiles: [] });
      top = box.top;
    }
    const left = Math.round(box.left);
    const right = Math.min(metrics.width, Math.round(box.left + box.width));
    rows.at(-1)?.tiles.push({ picture, left, width: right - left });
  }
  return rows;
}

const layoutOf = (shapes: readonly number[], { width, gap }: GridMetrics, rowHeight: number) =>
  justified([...shapes], {
    containerWidth: width,
    containerPadding: 0,
    boxSpacing: gap,
    targetRowHeight: rowHeight,
    targetRowHeightTolerance: TOLERANCE,
  });
