/**
 * The point of an image that crops keep, as fractions of its width and height from the left and the top, each from 0 to
 * 1, of the image as seen, after EXIF orientation.
 */
export interface FocalPoint {
  readonly x: number;
  readonly y: number;
}

/** Four decimals are a pixel or two of the widest image, and bound the number of distinct renditions. */
const STEPS = 10_000;

/** The point to four decimals. */
export const roundedFocalPoint = ({ x, y }: FocalPoint): FocalPoint => ({ x: rounded(x), y: rounded(y) });

const rounded = (fraction: number): number => Math.round(fraction * STEPS) / STEPS + 0; // -0 becomes 0

export const isSamePoint = (one: FocalPoint | null, other: FocalPoint | null): boolean =>
  one?.x === other?.x && one?.y === other?.y;
