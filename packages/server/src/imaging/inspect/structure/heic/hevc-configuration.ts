import { count } from '../rejection.ts';
import { refuse, refuseCost } from './heic-rejection.ts';
import { NAL_HEADER_BYTES, NAL_TYPE, nalType } from './hevc-nal.ts';
import {
  readSequenceParameters,
  readVideoParameters,
  type SequenceParameters,
  type VideoParameters,
} from './hevc-parameter-sets.ts';
import { type PictureParameters, readPictureParameters } from './hevc-picture-parameters.ts';

export type ParameterSet = VideoParameters | SequenceParameters | PictureParameters;

/** The `hvcC` box (ISO/IEC 14496-15, 8.3.3.1). */
export interface HevcConfiguration {
  readonly chroma: number;
  readonly bitDepth: number;
  /** The size of the length field before each NAL unit. */
  readonly lengthBytes: number;
  readonly sets: readonly ParameterSet[];
}

const FIXED_BYTES = 23;
/** All that H.265 allows. */
const MAX_UNITS = 128;
/** Scaling lists have 2 KB. */
export const MAX_SET_BYTES = 16_384;
/** The tiles of a grid share theirs. */
const MAX_DIFFERENT = 64;

/** Reads parameter sets, equal ones once. */
export interface ParameterSetReader {
  read(type: number, payload: Buffer): ParameterSet | undefined;
}

export function createParameterSetReader(): ParameterSetReader {
  const known = new Map<string, ParameterSet>();
  return {
    read: (type, payload) => {
      const parse = READERS[type];
      if (!parse) return undefined;
      if (payload.length > MAX_SET_BYTES)
        refuseCost(`parameter sets of at most ${count(MAX_SET_BYTES)} bytes`, 'a larger one');
      const key = `${type} ${payload.toString('latin1')}`;
      const set = known.get(key) ?? parse(payload);
      known.set(key, set);
      if (known.size > MAX_DIFFERENT) refuseCost(`at most ${MAX_DIFFERENT} different parameter sets`, 'more');
      return set;
    },
  };
}

const READERS: Readonly<Record<number, (payload: Buffer) => ParameterSet>> = {
  [NAL_TYPE.videoParameters]: readVideoParameters,
  [NAL_TYPE.sequenceParameters]: readSequenceParameters,
  [NAL_TYPE.pictureParameters]: readPictureParameters,
};

export function readConfiguration(box: Buffer, reader: ParameterSetReader): HevcConfiguration {
  if (box.length < FIXED_BYTES || box[0] !== 1) refuse('an hvcC box of version 1', 'another');
  const [chroma, luma, chromaDepth, lengths, arrays] = [16, 17, 18, 21, 22].map((at) => box[at] ?? 0) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const lengthBytes = (lengths & 3) + 1;
  if (lengthBytes === 3) refuse('NAL units behind lengths of 1, 2 or 4 bytes', '3');
  if ((luma & 7) !== (chromaDepth & 7)) refuse('HEVC pictures of one bit depth', 'another for chroma');
  return { chroma: chroma & 3, bitDepth: 8 + (luma & 7), lengthBytes, sets: readArrays(box, arrays, reader) };
}

function readArrays(box: Buffer, arrays: number, reader: ParameterSetReader): readonly ParameterSet[] {
  const sets: ParameterSet[] = [];
  let at = FIXED_BYTES;
  let units = 0;
  const field = (sizeBytes: number): number => {
    at += sizeBytes;
    if (at > box.length) refuse('an hvcC box of whole parameter sets', 'one that is cut off');
    return box.readUIntBE(at - sizeBytes, sizeBytes);
  };
  for (let left = arrays; left > 0; left--) {
    const type = field(1) & 63;
    for (let inside = field(2); inside > 0; inside--) {
      if (++units > MAX_UNITS) refuseCost(`at most ${MAX_UNITS} NAL units in an hvcC box`, 'more');
      const length = field(2);
      const unit = box.subarray(at, at + length);
      at += length;
      if (at > box.length) refuse('an hvcC box of whole parameter sets', 'one that is cut off');
      if (nalType(unit) !== type) refuse('an hvcC box whose arrays hold the NAL units they name', 'others');
      const set = reader.read(type, unit.subarray(NAL_HEADER_BYTES));
      if (set) sets.push(set);
    }
  }
  if (at !== box.length) refuse('an hvcC box that ends with its parameter sets', 'further bytes');
  return sets;
}
