import { box, uint } from './avif-bytes.ts';
import { pictureParameters, profileTierLevel, sequenceParameters, videoParameters } from './hevc-parameter-sets.ts';
import { type Chroma, chromaFormat, type HevcPicture, outputSize } from './hevc-picture.ts';
import { blocksOf, sliceSegment } from './hevc-slice.ts';
import type { Size } from './size.ts';

/** NAL units without start codes or lengths, with emulation prevention. */
export interface HevcStream {
  readonly vps: Buffer;
  readonly sps: Buffer;
  readonly pps: Buffer;
  readonly slices: readonly Buffer[];
  /** The decoder's output. */
  readonly size: Size;
  readonly chroma: Chroma;
  readonly bitDepth: 8 | 10;
  readonly profileTierLevel: Buffer;
}

/**
 * One lossless IDR picture (H.265). Every coding tree block is one coding unit. A block of one color that its neighbors
 * have too is predicted from them without a residual, which takes about a bit; every other block contains its samples
 * (I_PCM).
 */
export function encodeHevc(picture: HevcPicture): HevcStream {
  const blocks = blocksOf(picture);
  const count = Math.min(blocks.count, picture.slices ?? 1);
  const starts = Array.from({ length: count }, (_, slice) => Math.floor((slice * blocks.count) / count));
  return {
    vps: nalUnit(32, videoParameters(picture)),
    sps: nalUnit(33, sequenceParameters(picture)),
    pps: nalUnit(34, pictureParameters()),
    slices: starts.map((start, slice) => nalUnit(20, sliceSegment(blocks, start, starts[slice + 1] ?? blocks.count))),
    size: outputSize(picture),
    chroma: picture.chroma,
    bitDepth: picture.bitDepth,
    profileTierLevel: profileTierLevel(picture),
  };
}

/** A NAL unit of layer 0 (7.3.1.1); its type is one of table 7-1, 20 for IDR_N_LP. */
export function nalUnit(type: number, payload: Uint8Array): Buffer {
  const unit = Buffer.alloc(2 + Math.ceil(payload.length * 1.5));
  unit[0] = type << 1;
  unit[1] = 1; // nuh_temporal_id_plus1
  let sizeBytes = 2;
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      unit[sizeBytes++] = 3; // emulation_prevention_three_byte
      zeros = 0;
    }
    unit[sizeBytes++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return unit.subarray(0, sizeBytes);
}

/** The form of Annex B, which decoders of bare streams read. */
export const annexB = ({ vps, sps, pps, slices }: HevcStream): Buffer =>
  Buffer.concat([vps, sps, pps, ...slices].flatMap((unit) => [uint(4, 1), unit]));

/** The data of an item: each NAL unit after its length (ISO/IEC 14496-15, 8.3.2). */
export const lengthPrefixed = (units: readonly Uint8Array[]): Buffer =>
  Buffer.concat(units.flatMap((unit) => [uint(4, unit.length), unit]));

/** The `hvcC` box (ISO/IEC 14496-15, 8.3.3.1). */
export function hevcConfiguration(stream: HevcStream): Buffer {
  const { vps, sps, pps, chroma, bitDepth } = stream;
  const arrays = [vps, sps, pps].map((unit, index) =>
    Buffer.concat([Buffer.from([0x80 | (32 + index), 0, 1]), uint(2, unit.length), unit]),
  );
  return box(
    'hvcC',
    Buffer.from([1]),
    stream.profileTierLevel,
    Buffer.from([0xf0, 0, 0xfc, 0xfc | chromaFormat(chroma).idc, 0xf8 | (bitDepth - 8), 0xf8 | (bitDepth - 8), 0, 0]),
    Buffer.from([0b00_001_1_11, arrays.length]), // one temporal layer, nested; lengths of four bytes
    ...arrays,
  );
}
