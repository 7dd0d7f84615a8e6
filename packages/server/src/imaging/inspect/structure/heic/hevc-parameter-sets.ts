import type { Size } from '../../../../domain/rendition/transform.ts';
import { refuse } from './heic-rejection.ts';
import { createHevcBits, type HevcBits } from './hevc-bits.ts';
import { type ReferenceSet, readReferenceSet } from './hevc-reference-sets.ts';
import { readVideoUsability, type VideoUsability } from './hevc-video-usability.ts';

/** ITU-T H.265, 7.3.2.1: of the base layer. */
export interface VideoParameters {
  readonly kind: 'video';
  readonly id: number;
}

/** 7.3.2.2. */
export interface SequenceParameters {
  readonly kind: 'sequence';
  readonly id: number;
  readonly video: number;
  readonly chroma: number;
  readonly bitDepth: number;
  /** In whole coding blocks, and as shown: without the conformance window. */
  readonly coded: Size;
  readonly shown: Size;
  /** Columns and rows of coding tree blocks. */
  readonly blocks: Size;
  readonly orderBits: number;
  readonly referenceSets: readonly ReferenceSet[];
  /** Null: no long-term pictures. */
  readonly longTermPictures: number | null;
  readonly hasMotionPrediction: boolean;
  readonly hasAdaptiveOffset: boolean;
  readonly usability: VideoUsability | null;
}

const MAX_SIDE = 65_535;
const MAX_SUB_LAYERS = 6;

/** `bits`: after the NAL unit's header. */
export function readVideoParameters(unit: Buffer): VideoParameters {
  const bits = createHevcBits(unit);
  const id = bits.read(4);
  bits.skip(2 + 6);
  const subLayers = readSubLayers(bits);
  bits.skip(1);
  if (bits.read(16) !== 0xffff) refuse('a video parameter set with its reserved bits', 'others');
  skipProfile(bits, subLayers);
  return { kind: 'video', id };
}

export function readSequenceParameters(unit: Buffer): SequenceParameters {
  const bits = createHevcBits(unit);
  const video = bits.read(4);
  const subLayers = readSubLayers(bits);
  bits.skip(1);
  skipProfile(bits, subLayers);
  const id = bits.unsigned(15);
  const chroma = bits.unsigned(3);
  if (chroma === 3 && bits.flag()) refuse('color in one HEVC picture', 'separate color planes');
  const coded = { width: bits.unsigned(MAX_SIDE), height: bits.unsigned(MAX_SIDE) };
  const shown = bits.flag() ? conformanceWindow(bits, coded, chroma) : coded;
  const bitDepth = 8 + bits.unsigned(8);
  if (8 + bits.unsigned(8) !== bitDepth) refuse('HEVC pictures of one bit depth', 'another for chroma');
  const orderBits = 4 + bits.unsigned(12);
  for (let layer = bits.flag() ? 0 : subLayers; layer <= subLayers; layer++) {
    bits.unsigned(15);
    bits.unsigned(15);
    bits.unsigned(2 ** 32 - 2);
  }
  const blocks = readBlocks(bits, coded);
  if (bits.flag() && bits.flag()) skipScalingLists(bits);
  bits.skip(1); // asymmetric motion partitions
  const hasAdaptiveOffset = bits.flag();
  if (bits.flag()) {
    bits.skip(8); // bit depths of PCM samples
    bits.unsigned(2);
    bits.unsigned(2);
    bits.skip(1);
  }
  const referenceSets: ReferenceSet[] = [];
  for (let left = bits.unsigned(64); left > 0; left--) referenceSets.push(readReferenceSet(bits, referenceSets, false));
  const longTermPictures = bits.flag() ? bits.unsigned(32) : null;
  bits.skip((longTermPictures ?? 0) * (orderBits + 1));
  const hasMotionPrediction = bits.flag();
  bits.skip(1); // strong intra smoothing
  const usability = bits.flag() ? readVideoUsability(bits, subLayers) : null;
  readSequenceExtensions(bits);
  return {
    kind: 'sequence',
    id,
    video,
    chroma,
    bitDepth,
    coded,
    shown,
    blocks,
    orderBits,
    referenceSets,
    longTermPictures,
    hasMotionPrediction,
    hasAdaptiveOffset,
    usability,
  };
}

function readSubLayers(bits: HevcBits): number {
  const subLayers = bits.read(3);
  if (subLayers > MAX_SUB_LAYERS) refuse('at most 7 temporal sub-layers', '8');
  return subLayers;
}

/** `profile_tier_level`, 7.3.3. */
function skipProfile(bits: HevcBits, subLayers: number): void {
  bits.skip(96);
  if (subLayers === 0) return;
  let skipped = 0;
  for (let layer = 0; layer < 8; layer++) {
    const [hasProfile, hasLevel] = [bits.flag(), bits.flag()];
    if (layer < subLayers) skipped += (hasProfile ? 88 : 0) + (hasLevel ? 8 : 0);
  }
  bits.skip(skipped);
}

/** Table 6-1: the units of the window, across and down, by chroma format. */
const WINDOW_UNITS = [
  [1, 1],
  [2, 2],
  [2, 1],
  [1, 1],
] as const;

function conformanceWindow(bits: HevcBits, { width, height }: Size, chroma: number): Size {
  const [across, down] = WINDOW_UNITS[chroma] ?? [1, 1];
  const [left, right, top, bottom] = [0, 1, 2, 3].map(() => bits.unsigned(MAX_SIDE)) as [
    number,
    number,
    number,
    number,
  ];
  const shown = { width: width - across * (left + right), height: height - down * (top + bottom) };
  if (shown.width < 1 || shown.height < 1) refuse('a conformance window that shows a pixel', 'an empty one');
  return shown;
}

function readBlocks(bits: HevcBits, { width, height }: Size): Size {
  const least = 3 + bits.unsigned(3);
  const block = least + bits.unsigned(3);
  const transform = 2 + bits.unsigned(3);
  const mostTransform = transform + bits.unsigned(3);
  bits.unsigned(4); // depth of inter and intra transform hierarchies
  bits.unsigned(4);
  if (block < 4 || block > 6 || transform >= least || mostTransform > Math.min(block, 5)) {
    refuse('HEVC coding blocks of valid sizes', 'others');
  }
  if (width === 0 || height === 0 || width % 2 ** least !== 0 || height % 2 ** least !== 0) {
    refuse('an HEVC picture of whole coding blocks', `one of ${width} x ${height}`);
  }
  return { width: Math.ceil(width / 2 ** block), height: Math.ceil(height / 2 ** block) };
}

/** 7.3.4. */
export function skipScalingLists(bits: HevcBits): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.unsigned(matrix);
        continue;
      }
      if (size > 1) bits.signed();
      for (let left = Math.min(64, 16 << (2 * size)); left > 0; left--) bits.signed();
    }
  }
}

function readSequenceExtensions(bits: HevcBits): void {
  if (bits.flag()) {
    const [range, layers, depth, screen] = [bits.flag(), bits.flag(), bits.flag(), bits.flag()];
    const isExtended = bits.read(4) !== 0;
    if (depth || screen) refuse('HEVC without 3D and screen content extensions', 'some');
    if (range) bits.skip(9);
    if (layers) bits.skip(1);
    if (isExtended) return; // decoders ignore what follows
  }
  bits.requireEnd();
}
