import { resultSize } from './plan-rendition.ts';
import type { PlannedRendition } from './planned-rendition.ts';
import { weightOf } from './rendition-cost.ts';
import type { Size } from './transform.ts';
import { MAX_MARK_PIXELS } from './watermark.ts';

/** Enough for three presets of a 52 MP source, or one and a half results of 4096 x 4096 from a small one. */
const MAX_RUN_PIXELS = 25_165_824;
/** Encoding one pixel takes as long as decoding this many. Every rendition of a run may need its own decode. */
const DECODED_PER_ENCODED = 8;

/**
 * Divides renditions of one image into runs, each for one decoder job, so that the cost of a job doesn't grow with the
 * number of presets. An animation has its own run, because only its header knows its number of frames.
 */
export function renditionRuns(image: Size, all: readonly PlannedRendition[]): readonly (readonly PlannedRendition[])[] {
  const decoding = (image.width * image.height) / DECODED_PER_ENCODED;
  const runs: PlannedRendition[][] = [];
  let pixelsLeft = 0;
  for (const one of all) {
    const marking = one.recipe.watermark ? MAX_MARK_PIXELS / DECODED_PER_ENCODED : 0;
    const pixels = isAlone(one)
      ? Number.POSITIVE_INFINITY
      : areaOf(resultSize(one.recipe)) * weightOf(one.recipe) + decoding + marking;
    const run = runs.at(-1);
    if (run && pixels <= pixelsLeft) {
      run.push(one);
      pixelsLeft -= pixels;
    } else {
      runs.push([one]);
      pixelsLeft = MAX_RUN_PIXELS - pixels;
    }
  }
  return runs;
}

/** The size of a trimmed picture is unknown. */
const isAlone = ({ recipe: { page, trim } }: PlannedRendition): boolean => page === null || trim !== null;

const areaOf = ({ width, height }: Size): number => width * height;
