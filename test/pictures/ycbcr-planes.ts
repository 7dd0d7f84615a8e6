import { type Chroma, chromaFormat, type Nclx } from './hevc-picture.ts';
import type { Size } from './size.ts';

export interface Rgb extends Size {
  readonly pixels: Uint8Array;
  /** 3, or 4 with alpha. */
  readonly channels: 3 | 4;
}

/** Kr and Kb (H.273, table 4). */
const WEIGHTS = { 1: [0.2126, 0.0722], 5: [0.299, 0.114], 6: [0.299, 0.114], 9: [0.2627, 0.0593] } as const;

export interface Sampling {
  readonly chroma: Chroma;
  readonly bitDepth: 8 | 10;
}

/** The planes for an HEVC encoder. A chroma sample is the average of its pixels; gray pictures have no chroma. */
export function ycbcrPlanes(image: Rgb, { matrix, isFullRange }: Nclx, { chroma, bitDepth }: Sampling): Uint16Array[] {
  const { width, height, pixels, channels } = image;
  const planes = [0, 1, 2].map(() => new Float32Array(width * height));
  const [luma = new Float32Array(), blue = new Float32Array(), red = new Float32Array()] = planes;
  const [kr, kb] = matrix === 0 ? [0, 0] : WEIGHTS[matrix];
  for (let pixel = 0, at = 0; pixel < width * height; pixel++, at += channels) {
    const [r, g, b] = [(pixels[at] ?? 0) / 255, (pixels[at + 1] ?? 0) / 255, (pixels[at + 2] ?? 0) / 255];
    const y = matrix === 0 ? g : kr * r + (1 - kr - kb) * g + kb * b;
    luma[pixel] = y;
    blue[pixel] = matrix === 0 ? b : (b - y) / (2 - 2 * kb);
    red[pixel] = matrix === 0 ? r : (r - y) / (2 - 2 * kr);
  }
  const unit = 2 ** (bitDepth - 8);
  const max = 2 ** bitDepth - 1;
  const ofLuma = isFullRange ? { scale: max, zero: 0 } : { scale: 219 * unit, zero: 16 * unit };
  const ofChroma = { scale: isFullRange ? max : 224 * unit, zero: 128 * unit };
  const size = { width, height };
  const full = quantized(luma, size, { across: 1, down: 1 }, { ...ofLuma, max });
  if (chroma === '4:0:0') return [full];
  const format = chromaFormat(chroma);
  return [
    full,
    ...[blue, red].map((plane) => quantized(plane, size, format, { ...(matrix === 0 ? ofLuma : ofChroma), max })),
  ];
}

/** The fourth channel as a gray plane. */
export function alphaPlane({ width, height, pixels, channels }: Rgb, bitDepth: 8 | 10): Uint16Array {
  const max = 2 ** bitDepth - 1;
  return Uint16Array.from({ length: width * height }, (_, pixel) =>
    Math.round(((pixels[pixel * channels + 3] ?? 255) / 255) * max),
  );
}

function quantized(
  plane: Float32Array,
  { width, height }: Size,
  { across, down }: { readonly across: number; readonly down: number },
  { scale, zero, max }: { readonly scale: number; readonly zero: number; readonly max: number },
): Uint16Array {
  const [columns, rows] = [Math.ceil(width / across), Math.ceil(height / down)];
  const samples = new Uint16Array(columns * rows);
  for (let at = 0; at < samples.length; at++) {
    const [x, y] = [(at % columns) * across, Math.floor(at / columns) * down];
    let sum = 0;
    let count = 0;
    for (let line = y; line < Math.min(height, y + down); line++) {
      for (let column = x; column < Math.min(width, x + across); column++, count++) {
        sum += plane[line * width + column] ?? 0;
      }
    }
    samples[at] = Math.min(max, Math.max(0, Math.round((sum / count) * scale + zero)));
  }
  return samples;
}

/** The part of the picture at `x`, `y`; pixels outside the picture repeat its last column and row. */
export function cropped({ width, height, pixels, channels }: Rgb, x: number, y: number, size: Size): Rgb {
  const part = Buffer.alloc(size.width * size.height * channels);
  const sizeBytes = Math.min(size.width, width - x) * channels;
  for (let line = 0; line < size.height; line++) {
    const from = (Math.min(height - 1, y + line) * width + x) * channels;
    const row = part.subarray(line * size.width * channels, (line + 1) * size.width * channels);
    row.set(pixels.subarray(from, from + sizeBytes));
    if (sizeBytes < row.length) row.fill(pixels.subarray(from + sizeBytes - channels, from + sizeBytes), sizeBytes);
  }
  return { ...size, pixels: part, channels };
}

/** The nearest pixels. */
export function resized({ width, height, pixels, channels }: Rgb, size: Size): Rgb {
  const part = Buffer.alloc(size.width * size.height * channels);
  for (let at = 0; at < part.length; at++) {
    const pixel = Math.floor(at / channels);
    const x = Math.floor(((pixel % size.width) * width) / size.width);
    const y = Math.floor((Math.floor(pixel / size.width) * height) / size.height);
    part[at] = pixels[(y * width + x) * channels + (at % channels)] ?? 0;
  }
  return { ...size, pixels: part, channels };
}
