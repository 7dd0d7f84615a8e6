import { refuse } from './heic-rejection.ts';
import { createHevcBits, type HevcBits } from './hevc-bits.ts';
import { skipScalingLists } from './hevc-parameter-sets.ts';

/** ITU-T H.265, 7.3.2.3: the fields that the headers of slices depend on. */
export interface PictureParameters {
  readonly kind: 'picture';
  readonly id: number;
  readonly sequence: number;
  readonly hasDependentSlices: boolean;
  readonly hasOutputFlag: boolean;
  readonly extraBits: number;
  readonly hasChromaOffsets: boolean;
  readonly hasChromaOffsetLists: boolean;
  /** Null: no tiles. */
  readonly tiles: { readonly columns: number; readonly rows: number } | null;
  readonly isWavefront: boolean;
  readonly filtersAcrossSlices: boolean;
  readonly mayOverrideDeblocking: boolean;
  readonly isDeblockingOff: boolean;
  readonly hasHeaderExtension: boolean;
}

/** Table A.8 (level 6.2). */
const MAX_TILE_COLUMNS = 20;
const MAX_TILE_ROWS = 22;
const MAX_BLOCKS = 4_096;

export function readPictureParameters(unit: Buffer): PictureParameters {
  const bits = createHevcBits(unit);
  const id = bits.unsigned(63);
  const sequence = bits.unsigned(15);
  const hasDependentSlices = bits.flag();
  const hasOutputFlag = bits.flag();
  const extraBits = bits.read(3);
  bits.skip(2); // sign data hiding, initial contexts
  bits.unsigned(14); // reference pictures of both lists
  bits.unsigned(14);
  bits.signed(); // quantization
  bits.skip(1);
  const hasTransformSkip = bits.flag();
  if (bits.flag()) bits.unsigned(3);
  bits.signed();
  bits.signed();
  const hasChromaOffsets = bits.flag();
  bits.skip(3); // weighted prediction, lossless blocks
  const [hasTiles, isWavefront] = [bits.flag(), bits.flag()];
  const tiles = hasTiles ? readTiles(bits) : null;
  const filtersAcrossSlices = bits.flag();
  const deblocking = bits.flag() ? readDeblocking(bits) : { mayOverrideDeblocking: false, isDeblockingOff: false };
  if (bits.flag()) skipScalingLists(bits);
  bits.skip(1);
  bits.unsigned(4); // merge level
  const hasHeaderExtension = bits.flag();
  return {
    kind: 'picture',
    id,
    sequence,
    hasDependentSlices,
    hasOutputFlag,
    extraBits,
    hasChromaOffsets,
    tiles,
    isWavefront,
    filtersAcrossSlices,
    ...deblocking,
    hasHeaderExtension,
    hasChromaOffsetLists: readExtensions(bits, hasTransformSkip),
  };
}

function readTiles(bits: HevcBits) {
  const columns = 1 + bits.unsigned(MAX_TILE_COLUMNS - 1);
  const rows = 1 + bits.unsigned(MAX_TILE_ROWS - 1);
  const isUniform = bits.flag();
  for (let left = isUniform ? 0 : columns + rows - 2; left > 0; left--) bits.unsigned(MAX_BLOCKS);
  bits.skip(1); // filter across tiles
  return { columns, rows };
}

function readDeblocking(bits: HevcBits) {
  const [mayOverrideDeblocking, isDeblockingOff] = [bits.flag(), bits.flag()];
  if (!isDeblockingOff) {
    bits.signed();
    bits.signed();
  }
  return { mayOverrideDeblocking, isDeblockingOff };
}

/** Returns whether slices may have lists of chroma offsets. */
function readExtensions(bits: HevcBits, hasTransformSkip: boolean): boolean {
  let hasLists = false;
  if (bits.flag()) {
    const [range, layers, depth, screen] = [bits.flag(), bits.flag(), bits.flag(), bits.flag()];
    const isExtended = bits.read(4) !== 0;
    if (layers || depth || screen) refuse('HEVC without extensions for layers, 3D and screen content', 'some');
    if (range) hasLists = readRangeExtension(bits, hasTransformSkip);
    if (isExtended) return hasLists; // decoders ignore what follows
  }
  bits.requireEnd();
  return hasLists;
}

/** 7.3.2.3.2. */
function readRangeExtension(bits: HevcBits, hasTransformSkip: boolean): boolean {
  if (hasTransformSkip) bits.unsigned(3);
  bits.skip(1);
  const hasLists = bits.flag();
  if (hasLists) {
    bits.unsigned(3);
    for (let left = 2 * (1 + bits.unsigned(5)); left > 0; left--) bits.signed();
  }
  bits.unsigned(8);
  bits.unsigned(8);
  return hasLists;
}
