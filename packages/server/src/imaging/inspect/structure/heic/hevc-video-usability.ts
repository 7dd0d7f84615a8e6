import type { HevcBits } from './hevc-bits.ts';

/** The colors of the samples (ITU-T H.265, E.3.1, with the code points of H.273). */
export interface VideoUsability {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly isFullRange: boolean;
}

const UNSPECIFIED = { primaries: 2, transfer: 2, matrix: 2, isFullRange: false } as const;
const ANY = 2 ** 32 - 2;

/** `vui_parameters`, E.2.1; null: it has no colors. */
export function readVideoUsability(bits: HevcBits, subLayers: number): VideoUsability | null {
  if (bits.flag() && bits.read(8) === 255) bits.skip(32); // sample aspect ratio
  if (bits.flag()) bits.skip(1); // overscan
  const colors = bits.flag() ? readColors(bits) : null;
  if (bits.flag()) skipNumbers(bits, 2); // places of chroma samples
  bits.skip(3);
  if (bits.flag()) skipNumbers(bits, 4); // default display window, which decoders ignore
  if (bits.flag()) {
    bits.skip(64); // timing
    if (bits.flag()) skipNumbers(bits, 1);
    if (bits.flag()) skipReferenceDecoder(bits, subLayers);
  }
  if (bits.flag()) {
    bits.skip(3);
    skipNumbers(bits, 5);
  }
  return colors;
}

function readColors(bits: HevcBits): VideoUsability {
  bits.skip(3);
  const isFullRange = bits.flag();
  if (!bits.flag()) return { ...UNSPECIFIED, isFullRange };
  return { primaries: bits.read(8), transfer: bits.read(8), matrix: bits.read(8), isFullRange };
}

function skipNumbers(bits: HevcBits, count: number): void {
  for (let left = count; left > 0; left--) bits.unsigned(ANY);
}

/** `hrd_parameters`, E.2.2. */
function skipReferenceDecoder(bits: HevcBits, subLayers: number): void {
  const kinds = [bits.flag(), bits.flag()].filter((isPresent) => isPresent).length;
  let hasSubPictures = false;
  if (kinds > 0) {
    hasSubPictures = bits.flag();
    if (hasSubPictures) bits.skip(19);
    bits.skip(8);
    if (hasSubPictures) bits.skip(4);
    bits.skip(15);
  }
  for (let layer = 0; layer <= subLayers; layer++) {
    const isFixed = bits.flag() || bits.flag();
    if (isFixed) bits.unsigned(2_047);
    const isLowDelay = !isFixed && bits.flag();
    const buffers = isLowDelay ? 1 : 1 + bits.unsigned(31);
    for (let left = kinds * buffers; left > 0; left--) {
      skipNumbers(bits, hasSubPictures ? 4 : 2);
      bits.skip(1);
    }
  }
}
