import type { Size } from '../../../../domain/rendition/transform.ts';
import { type Limits, refuseExtent } from '../../../limits.ts';
import { count } from '../rejection.ts';
import { HeicRejected, refuseCost } from './heic-rejection.ts';
import type { SequenceParameters } from './hevc-parameter-sets.ts';

/**
 * Decoding costs of libde265 in WebAssembly, on one core of an AMD EPYC: photographs take the first, noise in high
 * quality also the last.
 */
const SECONDS_A_PIXEL = 90e-9;
const SECONDS_A_GRAY_PIXEL = 60e-9;
const SECONDS_A_BYTE = 190e-9;
const MOST_FOR_BYTES = 140e-9;
const SECONDS_A_MAPPED_PIXEL = 100e-9;

export const areaOf = ({ width, height }: Size): number => width * height;

/** What the items of a file may cost a decoder together. Errors of all its functions: `HeicRejected`. */
export function createHeicBudget(limits: Limits) {
  let pixels = 0;
  let seconds = 0;
  const spendSeconds = (more: number): void => {
    seconds += more;
    if (seconds <= limits.maxHeicSeconds) return;
    const most = `pictures that take at most ${limits.maxHeicSeconds} s to decode`;
    refuseCost(most, 'more: fewer pixels, or a lower quality');
  };
  const requireAtMost = (size: Size, most: number, what: string): void => {
    if (areaOf(size) <= most) return;
    refuseCost(`at most ${count(most)} pixels in ${what}`, `${count(size.width)} x ${count(size.height)}`);
  };
  return {
    requireExtent(size: Size): void {
      const tooLarge = refuseExtent('image/heic', { ...size, frames: 1, channels: 3 }, limits);
      if (tooLarge) throw new HeicRejected(tooLarge);
    },
    /** Checks the size of a picture that libheif decodes as a whole. */
    requireWhole: (size: Size, what: string): void => requireAtMost(size, limits.maxHevcLargePixels, what),
    spendPixels(more: number): void {
      pixels += more;
      if (pixels <= limits.maxHeicCodedPixels) return;
      refuseCost(`at most ${count(limits.maxHeicCodedPixels)} pixels in all tiles, alpha and layers`, 'more');
    },
    /** One HEVC picture: its memory, and the time for its pixels and bytes. */
    spendPicture({ coded, bitDepth, chroma }: SequenceParameters, sizeBytes: number): void {
      const isLarge = bitDepth > 8 || chroma > 1;
      if (isLarge) requireAtMost(coded, limits.maxHevcLargePixels, 'one HEVC picture of more than 8 bits or 4:2:0');
      else requireAtMost(coded, limits.maxHevcPixels, 'one HEVC picture');
      const area = areaOf(coded);
      const ofPixels = area * (chroma === 0 ? SECONDS_A_GRAY_PIXEL : SECONDS_A_PIXEL);
      spendSeconds(ofPixels + Math.min(sizeBytes * SECONDS_A_BYTE, area * MOST_FOR_BYTES));
    },
    /** The mapping of PQ or HLG to what a screen shows. */
    spendMapping: (size: Size): void => spendSeconds(areaOf(size) * SECONDS_A_MAPPED_PIXEL),
  };
}
