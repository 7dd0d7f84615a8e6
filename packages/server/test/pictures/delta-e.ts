/** L* from 0 to 100, a* and b* (CIE 15). */
export type Lab = readonly [lightness: number, a: number, b: number];

/** RGBA of sRGB, 8 bit. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The background of both: neither white nor black, so that a pixel that wrongly became either is visible. */
const GROUND = 0x80;

/** The mean difference of corresponding pixels. About 1 is the smallest visible difference. */
export function meanDeltaE(one: Bitmap, other: Bitmap): number {
  if (one.width !== other.width || one.height !== other.height) {
    throw new Error(`expected ${one.width} x ${one.height}; got ${other.width} x ${other.height}`);
  }
  let sum = 0;
  for (let at = 0; at < one.data.length; at += 4) sum += deltaE2000(labAt(one, at), labAt(other, at));
  return sum / (one.width * one.height);
}

function labAt({ data }: Bitmap, at: number): Lab {
  const alpha = (data[at + 3] ?? 0) / 255;
  const laid = (channel: number): number => (data[at + channel] ?? 0) * alpha + GROUND * (1 - alpha);
  return toLab(laid(0), laid(1), laid(2));
}

/** sRGB from 0 to 255 (IEC 61966-2-1) to Lab with the same white point, D65. */
export function toLab(red: number, green: number, blue: number): Lab {
  const [r, g, b] = [linear(red / 255), linear(green / 255), linear(blue / 255)];
  const x = rooted((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = rooted(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = rooted((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const rooted = (value: number): number =>
  value > 216 / 24389 ? Math.cbrt(value) : (value * 24389) / 27 / 116 + 16 / 116;

/**
 * CIEDE2000 (Sharma, Wu, Dalal: The CIEDE2000 Color-Difference Formula, 2005), all weights 1. Its names: C is chroma, h
 * hue in degrees.
 */
export function deltaE2000([lightness1, a1, b1]: Lab, [lightness2, a2, b2]: Lab): number {
  const g = 0.5 * (1 - saturation((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2));
  const [a1g, a2g] = [(1 + g) * a1, (1 + g) * a2];
  const [c1, c2] = [Math.hypot(a1g, b1), Math.hypot(a2g, b2)];
  const [h1, h2] = [hue(a1g, b1), hue(a2g, b2)];
  const isGray = c1 * c2 === 0;

  const aHue = isGray ? 0 : shortWay(h2 - h1);
  const lightnessChange = lightness2 - lightness1;
  const chromaChange = c2 - c1;
  const hueChange = 2 * Math.sqrt(c1 * c2) * sine(aHue / 2);

  const lightness = (lightness1 + lightness2) / 2;
  const c = (c1 + c2) / 2;
  const h = isGray ? h1 + h2 : meanHue(h1, h2);
  const t = 1 - 0.17 * cosine(h - 30) + 0.24 * cosine(2 * h) + 0.32 * cosine(3 * h + 6) - 0.2 * cosine(4 * h - 63);
  const fromMiddle = (lightness - 50) ** 2;
  const lightnessPart = lightnessChange / (1 + (0.015 * fromMiddle) / Math.sqrt(20 + fromMiddle));
  const chromaPart = chromaChange / (1 + 0.045 * c);
  const huePart = hueChange / (1 + 0.015 * c * t);
  const turning = -sine(60 * Math.exp(-(((h - 275) / 25) ** 2))) * 2 * saturation(c);
  return Math.sqrt(lightnessPart ** 2 + chromaPart ** 2 + huePart ** 2 + turning * chromaPart * huePart);
}

const saturation = (chroma: number): number => Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7));

const RADIAN = Math.PI / 180;
const sine = (degrees: number): number => Math.sin(degrees * RADIAN);
const cosine = (degrees: number): number => Math.cos(degrees * RADIAN);

const hue = (a: number, b: number): number => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / RADIAN + 360) % 360);

/** The angle from -180 to 180. */
const shortWay = (angle: number): number => (angle > 180 ? angle - 360 : angle < -180 ? angle + 360 : angle);

function meanHue(h1: number, h2: number): number {
  const mean = (h1 + h2) / 2;
  if (Math.abs(h1 - h2) <= 180) return mean;
  return h1 + h2 < 360 ? mean + 180 : mean - 180;
}
