import { LEAST_QUALITY } from '../../domain/rendition/rendition-cost.ts';

/** One encoding of a picture, and its bytes. */
export interface Attempt {
  readonly quality: number;
  readonly length: number;
}

/** Bytes grow at least with this power of the quality, for photographs in JPEG, WebP and AVIF. */
const LEAST_POWER = 2 / 3;
/** The share of the allowed bytes that is aimed at between two known qualities, where the estimate is close. */
const AIM = 0.95;
/** From this share of the allowed bytes on, a better quality isn't sought. */
const ENOUGH = 0.8;

/**
 * The quality to try next, so that a picture has at most `maxBytes`; undefined: the search is over. Downwards from the
 * first one; the third lies between the two, or is the least.
 */
export function nextQuality([first, second, ...others]: readonly Attempt[], maxBytes: number): number | undefined {
  if (!first || first.length <= maxBytes || first.quality <= LEAST_QUALITY || others.length > 0) return undefined;
  if (!second) {
    const quality = Math.floor(first.quality * (maxBytes / first.length) ** (1 / LEAST_POWER));
    return Math.max(LEAST_QUALITY, quality);
  }
  if (second.length > maxBytes) return second.quality > LEAST_QUALITY ? LEAST_QUALITY : undefined;
  if (second.length >= maxBytes * ENOUGH) return undefined;

  const power = Math.log(first.length / second.length) / Math.log(first.quality / second.quality);
  const quality = Math.floor(second.quality * ((maxBytes * AIM) / second.length) ** (1 / power));
  return quality > second.quality && quality < first.quality ? quality : undefined;
}

/** The best quality within `maxBytes`; the fewest bytes if there is none. */
export function bestOf<One extends Attempt>(attempts: readonly One[], maxBytes: number): One {
  const fitting = attempts.filter(({ length }) => length <= maxBytes);
  const [best] =
    fitting.length > 0
      ? fitting.toSorted((one, other) => other.quality - one.quality)
      : attempts.toSorted((one, other) => one.length - other.length);
  if (!best) throw new Error('expected an attempt; got none');
  return best;
}
