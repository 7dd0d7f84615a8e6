import type { Region, Size } from '../../../../domain/rendition/transform.ts';
import type { Property } from '../heif-meta.ts';
import { refuse } from './heic-rejection.ts';

/** ISO/IEC 23008-12, 6.5.10 and 6.5.12, and ISO/IEC 14496-12, 12.1.4. */
export type Transformation =
  | {
      readonly type: 'irot';
      /** Quarter turns anticlockwise. */
      readonly angle: 0 | 1 | 2 | 3;
    }
  | {
      readonly type: 'imir';
      /** 0: top and bottom are swapped; 1: left and right. */
      readonly axis: 0 | 1;
    }
  /** In whole pixels, as libheif rounds them. */
  | ({ readonly type: 'clap' } & Region);

/** The transformations of one item, in their order. Errors: `HeicRejected` if one is invalid. */
export function readTransformations(properties: readonly Property[], size: Size): readonly Transformation[] {
  const all: Transformation[] = [];
  for (const property of properties) {
    const one = readTransformation(property, transformedSize(size, all));
    if (one) all.push(one);
  }
  return all;
}

/** The size after all transformations. */
export function transformedSize(size: Size, transformations: readonly Transformation[]): Size {
  return transformations.reduce<Size>((now, one) => {
    if (one.type === 'clap') return { width: one.width, height: one.height };
    if (one.type === 'irot' && one.angle % 2 === 1) return { width: now.height, height: now.width };
    return now;
  }, size);
}

const ANGLES = [0, 1, 2, 3] as const;

function readTransformation({ type, data }: Property, size: Size): Transformation | undefined {
  if (type !== 'irot' && type !== 'imir' && type !== 'clap') return undefined;
  const expected = type === 'clap' ? 32 : 1;
  if (data.length !== expected) refuse(`${expected} bytes of data in the ${type} box`, `${data.length}`);
  const value = data[0] ?? 0;
  if (type === 'irot') return { type, angle: ANGLES[value & 3] ?? 0 };
  if (type === 'imir') return { type, axis: (value & 1) === 0 ? 0 : 1 };
  return readAperture(data, size);
}

const MAX_INT = 2 ** 31 - 1;

function readAperture(data: Buffer, { width, height }: Size): Transformation {
  const across = readSpan(data, 0, width);
  const down = readSpan(data, 8, height);
  // libheif rounds the left edge down, and the top edge to the nearest row.
  const [left, top] = [Math.floor(across.from), Math.floor(down.from + 0.5)];
  return {
    type: 'clap',
    left,
    top,
    width: Math.min(Math.floor(across.length + 0.5), width - left),
    height: Math.min(Math.floor(down.length + 0.5), height - top),
  };
}

/** A length and the distance of its center from the picture's center, each a fraction. */
function readSpan(data: Buffer, at: number, side: number): { readonly from: number; readonly length: number } {
  const [numerator, denominator] = [data.readUInt32BE(at), data.readUInt32BE(at + 4)];
  const [offset, offsetDenominator] = [data.readInt32BE(at + 16), data.readUInt32BE(at + 20)];
  const all = [numerator, denominator, offsetDenominator];
  if (all.some((value) => value === 0 || value > MAX_INT)) {
    refuse('a clap box of fractions from 1 to 2,147,483,647', 'others');
  }
  const length = numerator / denominator;
  const from = offset / offsetDenominator + (side - length) / 2;
  if (length < 1 || from < 0 || from + length > side) {
    refuse('a clap box that shows at least a pixel, inside the picture', 'another');
  }
  return { from, length };
}
