import { refuse } from './heic-rejection.ts';
import type { HevcBits } from './hevc-bits.ts';

/** The distances of the reference pictures, first those before, then those after (ITU-T H.265, 7.4.8). */
export type ReferenceSet = readonly number[];

const MAX_PICTURES = 16;

/** `st_ref_pic_set`, 7.3.7. A slice may have its own, after those of its sequence. */
export function readReferenceSet(bits: HevcBits, before: readonly ReferenceSet[], isInSlice: boolean): ReferenceSet {
  const isPredicted = before.length > 0 && bits.flag();
  const set = isPredicted ? readPredicted(bits, before, isInSlice) : readExplicit(bits);
  if (set.length > MAX_PICTURES) refuse(`at most ${MAX_PICTURES} reference pictures`, 'more');
  return set;
}

function readExplicit(bits: HevcBits): ReferenceSet {
  const [past, future] = [bits.unsigned(MAX_PICTURES), bits.unsigned(MAX_PICTURES)];
  const distances = (count: number, sign: number): number[] => {
    let distance = 0;
    return Array.from({ length: count }, () => {
      distance += sign * (1 + bits.unsigned(32_767));
      bits.skip(1);
      return distance;
    });
  };
  return [...distances(past, -1), ...distances(future, 1)];
}

/** (7-61) and (7-62). */
function readPredicted(bits: HevcBits, before: readonly ReferenceSet[], isInSlice: boolean): ReferenceSet {
  const back = isInSlice ? 1 + bits.unsigned(before.length - 1) : 1;
  const isNegative = bits.flag();
  const step = (1 + bits.unsigned(32_767)) * (isNegative ? -1 : 1);
  const from = [...(before.at(-back) ?? []), 0];
  const used = from.filter(() => bits.flag() || bits.flag()).map((distance) => distance + step);
  const past = used.filter((distance) => distance < 0).sort((a, b) => b - a);
  return [...past, ...used.filter((distance) => distance > 0).sort((a, b) => a - b)];
}
