import type { Rejection } from '../../../domain/image/image.ts';
import type { Limits } from '../../limits.ts';
import { blocksInUnit, type JpegFrame, unitsOf } from './jpeg-frame.ts';
import { count, tooCostly } from './rejection.ts';

/** Each coefficient of a block of 8x8 takes two bytes (libjpeg's JCOEF). */
const BYTES_PER_BLOCK = 64 * 2;

/** Reading is what costs most, so the file's size bounds it. */
export function refuseJpegSize(sizeBytes: number, { maxJpegBytes }: Limits): Rejection | undefined {
  if (sizeBytes <= maxJpegBytes) return undefined;
  return tooCostly(`expected a JPEG of at most ${count(maxJpegBytes)} bytes; got ${count(sizeBytes)}`);
}

/**
 * libjpeg shows a picture of several scans after the last of them, so it keeps all coefficients, whatever the size of the result. Of a single
 * scan it keeps one row of units.
 */
export function refuseCoefficients(
  frame: JpegFrame,
  fileBytes: number,
  { maxHeldJpegBytes }: Limits,
): Rejection | undefined {
  const { width, height, isProgressive } = frame;
  const coefficients = unitsOf(frame) * blocksInUnit(frame) * BYTES_PER_BLOCK;
  const held = coefficients + fileBytes;
  if (held <= maxHeldJpegBytes) return undefined;
  const what = isProgressive ? 'a progressive JPEG' : 'a JPEG of several scans';
  const most = `at most ${count(maxHeldJpegBytes)} bytes for the file and the coefficients of ${what}`;
  const remedy = 'save it as a baseline JPEG, or with fewer pixels';
  const limit_pixels = Math.floor((width * height * (maxHeldJpegBytes - fileBytes)) / coefficients);
  return {
    ...tooCostly(`expected ${most}; got ${count(held)}: ${remedy}`),
    ...(limit_pixels > 0 && { params: { width, height, limit_pixels } }),
  };
}
