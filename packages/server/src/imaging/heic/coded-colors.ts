import type { Nclx } from '../inspect/structure/heic/heic-source.ts';

type Xy = readonly [x: number, y: number];

/** The chromaticities of red, green, blue and white. */
interface Primaries {
  readonly red: Xy;
  readonly green: Xy;
  readonly blue: Xy;
  readonly white: Xy;
}

const D65: Xy = [0.3127, 0.329];
const C: Xy = [0.31, 0.316];

const BT_709: Primaries = { red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06], white: D65 };
const BT_601_525: Primaries = { red: [0.63, 0.34], green: [0.31, 0.595], blue: [0.155, 0.07], white: D65 };

/** H.273, table 2, by `ColourPrimaries`. Others are read as those of sRGB. */
const PRIMARIES: Readonly<Record<number, Primaries>> = {
  4: { red: [0.67, 0.33], green: [0.21, 0.71], blue: [0.14, 0.08], white: C },
  5: { red: [0.64, 0.33], green: [0.29, 0.6], blue: [0.15, 0.06], white: D65 },
  6: BT_601_525,
  7: BT_601_525,
  8: { red: [0.681, 0.319], green: [0.243, 0.692], blue: [0.145, 0.049], white: C },
  9: { red: [0.708, 0.292], green: [0.17, 0.797], blue: [0.131, 0.046], white: D65 },
  11: { red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06], white: [0.314, 0.351] },
  12: { red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06], white: D65 },
  22: { red: [0.63, 0.34], green: [0.295, 0.605], blue: [0.155, 0.077], white: D65 },
};

export const primariesOf = ({ primaries }: Nclx): Primaries => PRIMARIES[primaries] ?? BT_709;

/**
 * H.273, table 3: what a screen makes of values between 0 and 1. Cameras' curves (1, 6, 14, 15) are shown as sRGB, as
 * browsers do.
 */
export type Transfer = 'srgb' | 'linear' | 'gamma-2.2' | 'gamma-2.8' | 'pq' | 'hlg';

export function transferOf({ transfer }: Nclx): Transfer {
  switch (transfer) {
    case 4:
      return 'gamma-2.2';
    case 5:
      return 'gamma-2.8';
    case 8:
      return 'linear';
    case 16:
      return 'pq';
    case 18:
      return 'hlg';
    default:
      return 'srgb';
  }
}

/** Rows of three. */
export type Matrix = readonly [Row, Row, Row];
type Row = readonly [number, number, number];

/** From linear RGB to XYZ, white having Y = 1 (SMPTE RP 177). */
export function toXyz({ red, green, blue, white }: Primaries): Matrix {
  const [r, g, b] = [xyz(red), xyz(green), xyz(blue)];
  const columns: Matrix = [
    [r[0], g[0], b[0]],
    [r[1], g[1], b[1]],
    [r[2], g[2], b[2]],
  ];
  const [sr, sg, sb] = times(inverse(columns), xyz(white));
  return columns.map(([x, y, z]) => [x * sr, y * sg, z * sb]) as unknown as Matrix;
}

const xyz = ([x, y]: Xy): Row => [x / y, 1, (1 - x - y) / y];

export const times = (matrix: Matrix, [x, y, z]: Row): Row =>
  matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Row;

export function product(one: Matrix, other: Matrix): Matrix {
  const columns = [0, 1, 2].map((at) => times(one, other.map((row) => row[at]) as unknown as Row));
  return [0, 1, 2].map((row) => columns.map((column) => column[row])) as unknown as Matrix;
}

export function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [(e * i - f * h) / det, (c * h - b * i) / det, (b * f - c * e) / det],
    [(f * g - d * i) / det, (a * i - c * g) / det, (c * d - a * f) / det],
    [(d * h - e * g) / det, (b * g - a * h) / det, (a * e - b * d) / det],
  ];
}

export const SRGB_PRIMARIES = BT_709;
