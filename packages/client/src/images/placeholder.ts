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
  readonly rgba: Uint8ClampedArray;
}

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

  const width = Math.round(LONGER_SIDE * Math.min(1, ratio));
  const height = Math.round(LONGER_SIDE / Math.max(1, ratio));
  const [along, down] = [waves(width), waves(height)];
  let nibble = hasAlpha ? 12 : 10;
  /** A channel's value at each pixel: the next of the hash's cosines, of so many frequencies along x and y. */
  const channel = (base: number, scale: number, ofX: number, ofY: number): Float64Array => {
    const values = new Float64Array(width * height).fill(base);
    for (let y = 0; y < ofY; y += 1)
      for (let x = y ? 0 : 1; x * ofY < ofX * (ofY - y); x += 1, nibble += 1) {
        const amount = 2 * scale * (((byte(nibble >> 1) >> (4 * (nibble & 1))) & 15) / 7.5 - 1);
        for (let at = 0; at < values.length; at += 1)
          values[at] =
            (values[at] ?? 0) +
            amount * (along[x * width + (at % width)] ?? 0) * (down[y * height + Math.floor(at / width)] ?? 0);
      }
    return values;
  };
  const light = channel((header & 63) / 63, ((header >> 18) & 31) / 31, Math.max(3, columns), Math.max(3, rows));
  const yellow = channel(((header >> 6) & 63) / 31.5 - 1, (((shape >> 3) & 63) / 63) * SATURATION, 3, 3);
  const red = channel(((header >> 12) & 63) / 31.5 - 1, (((shape >> 9) & 63) / 63) * SATURATION, 3, 3);
  const alpha = hasAlpha ? channel((byte(5) & 15) / 15, (byte(5) >> 4) / 15, 5, 5) : [];
  const rgba = new Uint8ClampedArray(4 * width * height);
  light.forEach((l, at) => {
    const b = l - (2 / 3) * (yellow[at] ?? 0);
    const r = (3 * l - b + (red[at] ?? 0)) / 2;
    rgba.set(
      [r, r - (red[at] ?? 0), b, alpha[at] ?? 1].map((value) => 255 * value),
      4 * at,
    );
  });
  return { width, height, rgba };
}

/** The cosines of a side, by frequency and position, each computed once: a page may have hundreds of placeholders. */
const waves = (side: number): Float64Array =>
  Float64Array.from({ length: FREQUENCIES * side }, (_, index) =>
    Math.cos((Math.PI / side) * ((index % side) + 0.5) * Math.floor(index / side)),
  );

/** The frequencies of a ThumbHash, along its longer side. */
const FREQUENCIES = 7;

/** A PNG whose pixels are stored, not compressed (RFC 1951 3.2.4): few of them, and no code for deflate. */
function png({ width, height, rgba }: Pixels): string {
  const line = 4 * width;
  const raw = new Uint8Array((line + 1) * height); // each line begins with its filter, which is none
  for (let row = 0; row < height; row += 1) raw.set(rgba.subarray(row * line, (row + 1) * line), row * (line + 1) + 1);
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
  for (const one of content) crc = (crc >>> 8) ^ (CRC[(crc ^ one) & 255] ?? 0);
  return ~crc;
}

/** By byte. */
const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** RFC 1950 8.2. */
function adler32(content: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const one of content) {
    a += one;
    b += a;
  }
  return ((b % 65_521) << 16) | (a % 65_521);
}
