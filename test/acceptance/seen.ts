import assert from 'node:assert/strict';
import sharp from 'sharp';
import type { Bytes } from './pictures.ts';

/** Red, green, blue, alpha, each from 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number, alpha: number];

/** A decoded image; places are fractions of its width and height. */
export interface Seen {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  pixel(x: number, y: number): Color;
  /** The mean color around a place. */
  color(x: number, y: number, frame?: number): Color;
  /** The mean color of all opaque pixels of the first frame. */
  readonly mean: Color;
}

const CHANNELS = 4;
/** The side of the square of a mean color, in pixels: enough to average out grain. */
const AROUND = 5;

export async function see(bytes: Bytes): Promise<Seen> {
  const { format = 'none', width, height: tall, pageHeight: height = tall } = await described(bytes);
  const data = await sharp(bytes, { animated: true })
    .toColorspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer();

  /** The mean color of a region, from one place (inclusive) to another (exclusive). */
  const meanOf = (left: number, top: number, right: number, bottom: number): Color => {
    const sums: [number, number, number, number] = [0, 0, 0, 0];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        for (let channel = 0; channel < CHANNELS; channel++) {
          sums[channel] = (sums[channel] ?? 0) + (data[(y * width + x) * CHANNELS + channel] ?? 0);
        }
      }
    }
    const [red, green, blue, alpha] = sums.map((sum) => Math.round(sum / ((right - left) * (bottom - top))));
    return [red ?? 0, green ?? 0, blue ?? 0, alpha ?? 0];
  };

  return {
    format,
    width,
    height,
    frames: Math.round(tall / height),
    pixel(x, y) {
      const [left, top] = [Math.floor(x * width), Math.floor(y * height)];
      return meanOf(left, top, left + 1, top + 1);
    },
    color(x, y, frame = 0) {
      const start = (fraction: number, side: number) =>
        Math.min(Math.max(0, Math.round(fraction * side - AROUND / 2)), Math.max(0, side - AROUND));
      const [left, top] = [start(x, width), start(y, height)];
      const [right, bottom] = [Math.min(left + AROUND, width), Math.min(top + AROUND, height)];
      return meanOf(left, frame * height + top, right, frame * height + bottom);
    },
    mean: meanOf(0, 0, width, height),
  };
}

/** The file's data besides its pixels; for animations of all frames. */
export const described = (bytes: Bytes) => sharp(bytes, { animated: true }).metadata();

export function requireNear(came: readonly number[], expected: readonly number[], tolerance: number, what = ''): void {
  const isNear = expected.every((value, index) => Math.abs(value - (came[index] ?? Number.NaN)) <= tolerance);
  assert.ok(isNear, `${what}: expected about ${expected.join(', ')}; got ${came.join(', ')}`);
}

/** The place in a `picture()` that has this color: red grows to the right, green downwards. */
export function placeOf([red, green]: Color): readonly [x: number, y: number] {
  return [(red - 16) / 220, (green - 16) / 220];
}

const CORNERS = [
  [0.1, 0.1],
  [0.9, 0.1],
  [0.1, 0.9],
  [0.5, 0.5],
] as const;

/** Requires that the result shows a `picture()`: `source` maps a place of the result to its place in the source. */
export function requirePlaces(
  seen: Seen,
  source: (x: number, y: number) => readonly [x: number, y: number],
  what = '',
): void {
  for (const [x, y] of CORNERS) {
    requireNear(placeOf(seen.color(x, y)), source(x, y), 0.06, `${what} at ${x}, ${y}`);
  }
}
