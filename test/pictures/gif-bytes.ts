export interface GifFrame {
  readonly left?: number;
  readonly top?: number;
  readonly width: number;
  readonly height: number;
  readonly isInterlaced?: boolean;
  readonly hasOwnColors?: boolean;
  /** 0 to 3. */
  readonly disposal?: number;
  readonly isTransparent?: boolean;
  /** Fewer than declared: the data is truncated. */
  readonly pixels?: number;
}

export interface GifShape {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly GifFrame[];
  readonly hasNoColors?: boolean;
  readonly version?: '87a' | '89a';
  /** Between header and frames. */
  readonly extra?: Buffer;
}

const TWO_BYTES = (...values: readonly number[]): Buffer => Buffer.from(values.flatMap((one) => [one & 255, one >> 8]));

const COLORS = Buffer.from([0, 0, 0, 250, 40, 40, 40, 250, 40, 40, 40, 250]);

/** A GIF of four colors. */
export function gifOf({ width, height, frames, hasNoColors = false, version = '89a', extra }: GifShape): Buffer {
  const colors = hasNoColors ? [Buffer.from([0, 0, 0])] : [Buffer.from([0x81, 0, 0]), COLORS];
  const head = [Buffer.from(`GIF${version}`), TWO_BYTES(width, height), ...colors, extra ?? Buffer.alloc(0)];
  return Buffer.concat([...head, ...frames.flatMap(frameBlocks), GIF_TRAILER]);
}

export const GIF_TRAILER = Buffer.from([0x3b]);

export function frameBlocks(frame: GifFrame): Buffer[] {
  const { left = 0, top = 0, width, height, isInterlaced, hasOwnColors, disposal, isTransparent } = frame;
  const control =
    disposal === undefined && !isTransparent
      ? []
      : [Buffer.from([0x21, 0xf9, 4, ((disposal ?? 0) << 2) | (isTransparent ? 1 : 0), 10, 0, 0, 0])];
  const flags = (isInterlaced ? 0x40 : 0) | (hasOwnColors ? 0x81 : 0);
  return [
    ...control,
    Buffer.from([0x2c]),
    TWO_BYTES(left, top, width, height),
    Buffer.from([flags]),
    ...(hasOwnColors ? [COLORS] : []),
    Buffer.from([2]),
    subBlocks(lzw(frame.pixels ?? width * height)),
  ];
}

/** Sub-blocks of 255 bytes each, as encoders write them. */
export function subBlocks(data: Buffer, size = 255): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) {
    const part = data.subarray(at, at + size);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** Codes of three bits: a clear code before every two pixels keeps their width. */
function lzw(pixels: number): Buffer {
  const codes: number[] = [];
  for (let at = 0; at < pixels; at++) {
    if (at % 2 === 0) codes.push(4);
    codes.push(at % 4);
  }
  codes.push(5);
  const bytes = Buffer.alloc(Math.ceil((codes.length * 3) / 8));
  for (const [index, code] of codes.entries()) {
    for (let bit = 0; bit < 3; bit++) {
      const place = index * 3 + bit;
      bytes[place >> 3] = (bytes[place >> 3] ?? 0) | (((code >> bit) & 1) << (place & 7));
    }
  }
  return bytes;
}
