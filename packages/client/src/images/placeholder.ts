import type { Image } from './image.ts';

/**
 * The image's ThumbHash as a PNG in a data URL, at most 32 x 32 pixels: to show until the picture has loaded. Undefined
 * unless the image is ready. After Evan Wallace's thumbhash (MIT), which isn't a dependency because the client has
 * none.
 */
export function placeholderUrl({ placeholder }: Pick<Image, 'placeholder'>): string | undefined {
  if (!placeholder) return undefined;
  const hash = Uint8Array.from(atob(placeholder), (character) => character.charCodeAt(0));
  return `data:image/png;base64,${btoa(png(decode(hash)))}`;
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA, not premultiplied. */
  readonly rgba: readonly number[];
}

/** Coefficients of cosines: how often along x and y, and how much. */
type Terms = readonly (readonly [x: number, y: number, amount: number])[];

const LONGER_SIDE = 32;
/** Makes up for what quantization takes from the colors. */
const SATURATION = 1.25;

export function decode(hash: Uint8Array): Pixels {
  const byte = (index: number): number => hash[index] ?? 0;
  const header = byte(0) | (byte(1) << 8) | (byte(2) << 16);
  const hasAlpha = header >> 23 === 1;
  const shape = byte(3) | (byte(4) << 8);
  const isLandscape = shape >> 15 === 1;
  const longer = hasAlpha ? 5 : 7;
  const [columns, rows] = isLandscape ? [longer, shape & 7] : [shape & 7, longer];
  const ratio = columns / rows;

  let nibble = hasAlpha ? 12 : 10;
  const terms = (across: number, down: number, scale: number): Terms => {
    const found: [number, number, number][] = [];
    for (let y = 0; y < down; y += 1)
      for (let x = y ? 0 : 1; x * down < across * (down - y); x += 1, nibble += 1)
        found.push([x, y, (((byte(nibble >> 1) >> (4 * (nibble & 1))) & 15) / 7.5 - 1) * scale]);
    return found;
  };
  const light = terms(Math.max(3, columns), Math.max(3, rows), ((header >> 18) & 31) / 31);
  const yellow = terms(3, 3, (((shape >> 3) & 63) / 63) * SATURATION);
  const red = terms(3, 3, (((shape >> 9) & 63) / 63) * SATURATION);
  const alpha = hasAlpha ? terms(5, 5, (byte(5) >> 4) / 15) : [];

  const width = Math.round(LONGER_SIDE * Math.min(1, ratio));
  const height = Math.round(LONGER_SIDE / Math.max(1, ratio));
  const [alongX, alongY] = [waves(width), waves(height)];
  const rgba: number[] = [];
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1) {
      const at = (base: number, sum: Terms): number => {
        let total = base;
        for (const [x, y, amount] of sum) total += 2 * amount * alongX(x, column) * alongY(y, row);
        return total;
      };
      const l = at((header & 63) / 63, light);
      const p = at(((header >> 6) & 63) / 31.5 - 1, yellow);
      const q = at(((header >> 12) & 63) / 31.5 - 1, red);
      const a = at(hasAlpha ? (byte(5) & 15) / 15 : 1, alpha);
      const b = l - (2 / 3) * p;
      const r = (3 * l - b + q) / 2;
      for (const channel of [r, r - q, b, a]) rgba.push(Math.trunc(255 * Math.max(0, Math.min(1, channel))));
    }
  return { width, height, rgba };
}

/** The cosines of a side, each computed once: a page may have hundreds of placeholders. */
function waves(side: number): (frequency: number, position: number) => number {
  const known = Array.from({ length: FREQUENCIES * side }, (_, index) =>
    Math.cos((Math.PI / side) * ((index % side) + 0.5) * Math.floor(index / side)),
  );
  return (frequency, position) => known[frequency * side + position] ?? 0;
}

/** The frequencies of a ThumbHash, along its longer side. */
const FREQUENCIES = 7;

/** A PNG whose pixels are stored, not compressed (RFC 1951 3.2.4): few of them, and no code for deflate. */
function png({ width, height, rgba }: Pixels): string {
  const raw = Array.from({ length: height }, (_, row) => [
    0,
    ...rgba.slice(4 * row * width, 4 * (row + 1) * width),
  ]).flat();
  const length = [raw.length, ~raw.length].flatMap((one) => [one & 255, (one >> 8) & 255]);
  return `\x89PNG\r\n\x1a\n${chunk('IHDR', [...bytes(width), ...bytes(height), 8, 6, 0, 0, 0])}${chunk('IDAT', [0x78, 1, 1, ...length, ...raw, ...bytes(adler32(raw))])}${chunk('IEND', [])}`;
}

const text = (content: readonly number[]): string => String.fromCharCode(...content);

const bytes = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);

function chunk(type: string, data: readonly number[]): string {
  const content = [...Array.from(type, (letter) => letter.charCodeAt(0)), ...data];
  return text([...bytes(data.length), ...content, ...bytes(crc32(content))]);
}

/** PNG, annex D. */
function crc32(content: readonly number[]): number {
  let crc = -1;
  for (const one of content) {
    crc ^= one;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/** RFC 1950 8.2. */
function adler32(content: readonly number[]): number {
  let [a, b] = [1, 0];
  for (const one of content) {
    a = (a + one) % 65_521;
    b = (b + a) % 65_521;
  }
  return (b << 16) | a;
}
