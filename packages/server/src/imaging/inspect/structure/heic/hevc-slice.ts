import { refuse } from './heic-rejection.ts';
import { createHevcBits, type HevcBits } from './hevc-bits.ts';
import type { SequenceParameters } from './hevc-parameter-sets.ts';
import type { PictureParameters } from './hevc-picture-parameters.ts';
import { readReferenceSet } from './hevc-reference-sets.ts';

/** The sets that a slice names. */
export interface ActiveSets {
  readonly sequence: SequenceParameters;
  readonly picture: PictureParameters;
}

export interface SliceHeader extends ActiveSets {
  readonly isFirst: boolean;
  /** The address of the slice's first coding tree block. */
  readonly address: number;
  /** The bytes of the unit's payload before the entropy-coded data. */
  readonly headerBytes: number;
  /** The least number of data bytes that the header's entry points need. */
  readonly dataBytes: number;
}

const INTRA = 2;
const MAX_ENTRY_POINTS = 4_096;
/**
 * A header without entry points; each of those has at most 4 bytes, and as many emulation prevention bytes as others.
 */
const HEADER_BYTES = 1_024;
export const MAX_HEADER_BYTES = HEADER_BYTES + 6 * MAX_ENTRY_POINTS;

/** Reads `slice_segment_header` (ITU-T H.265, 7.3.6.1) of an IRAP picture, whose slices have only intra blocks. */
export function readSliceHeader(
  payload: Buffer,
  isInstant: boolean,
  activeSets: (pictureParameters: number) => ActiveSets,
): SliceHeader {
  const bits = createHevcBits(payload);
  const isFirst = bits.flag();
  bits.skip(1); // no_output_of_prior_pics_flag
  const { sequence, picture } = activeSets(bits.unsigned(63));
  const isDependent = !isFirst && picture.hasDependentSlices && bits.flag();
  const blocks = sequence.blocks.width * sequence.blocks.height;
  const address = isFirst ? 0 : bits.read(Math.ceil(Math.log2(blocks)));
  if (address >= blocks) refuse('slices that begin inside their picture', 'one behind it');
  if (!isDependent) skipSliceFields(bits, isInstant, { sequence, picture });
  const dataBytes = picture.tiles || picture.isWavefront ? readEntryPoints(bits, { sequence, picture }) : 0;
  if (picture.hasHeaderExtension) bits.skip(8 * bits.unsigned(256));
  return { isFirst, address, sequence, picture, dataBytes, headerBytes: bits.align() };
}

function skipSliceFields(bits: HevcBits, isInstant: boolean, { sequence, picture }: ActiveSets): void {
  bits.skip(picture.extraBits);
  if (bits.unsigned(INTRA) !== INTRA) refuse('slices of a still picture, which are intra slices', 'another');
  if (picture.hasOutputFlag) bits.skip(1);
  if (!isInstant) skipReferences(bits, sequence);
  const isColored = sequence.chroma !== 0;
  const hasOffsets = sequence.hasAdaptiveOffset && [bits.flag(), isColored && bits.flag()].some((isOn) => isOn);
  bits.signed(); // quantization
  if (picture.hasChromaOffsets) {
    bits.signed();
    bits.signed();
  }
  if (picture.hasChromaOffsetLists) bits.skip(1);
  let isDeblockingOff = picture.isDeblockingOff;
  if (picture.mayOverrideDeblocking && bits.flag()) {
    isDeblockingOff = bits.flag();
    if (!isDeblockingOff) {
      bits.signed();
      bits.signed();
    }
  }
  if (picture.filtersAcrossSlices && (hasOffsets || !isDeblockingOff)) bits.skip(1);
}

/** Only pictures that aren't IDR name their references, although none is used. */
function skipReferences(bits: HevcBits, sequence: SequenceParameters): void {
  const { orderBits, referenceSets, longTermPictures } = sequence;
  bits.skip(orderBits);
  if (!bits.flag()) readReferenceSet(bits, referenceSets, true);
  else bits.skip(bitsFor(referenceSets.length));
  if (longTermPictures !== null) {
    const known = longTermPictures > 0 ? bits.unsigned(32) : 0;
    const all = known + bits.unsigned(32);
    for (let place = 0; place < all; place++) {
      bits.skip(place < known ? bitsFor(longTermPictures) : orderBits + 1);
      if (bits.flag()) bits.unsigned(2 ** 32 - 2);
    }
  }
  if (sequence.hasMotionPrediction) bits.skip(1);
}

const bitsFor = (count: number): number => (count > 1 ? Math.ceil(Math.log2(count)) : 0);

function readEntryPoints(bits: HevcBits, { sequence, picture }: ActiveSets): number {
  const { columns, rows } = picture.tiles ?? { columns: 1, rows: 1 };
  const most = columns * (picture.isWavefront ? sequence.blocks.height : rows) - 1;
  const points = bits.unsigned(Math.min(most, MAX_ENTRY_POINTS));
  if (points === 0) return 0;
  const offsetBits = 1 + bits.unsigned(31);
  let total = 1;
  for (let left = points; left > 0; left--) total += 1 + bits.read(offsetBits);
  return total;
}
