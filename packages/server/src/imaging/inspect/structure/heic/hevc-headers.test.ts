import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BitWriter, createBitWriter } from '../../../../../../../test/pictures/hevc-cabac.ts';
import { createHevcBits } from './hevc-bits.ts';
import { readSequenceParameters, readVideoParameters, type SequenceParameters } from './hevc-parameter-sets.ts';
import { readPictureParameters } from './hevc-picture-parameters.ts';
import { readSliceHeader } from './hevc-slice.ts';

const [YES, NO] = [true, false];

/**
 * Every reader requires that its last bit is the unit's last one: a field that is read wrongly moves all later ones.
 */
describe('the headers of HEVC are read to their last bit', () => {
  it('in a sequence parameter set with every optional part', () => {
    const sequence = readSequenceParameters(fullSequence());
    assert.deepEqual(sequence.coded, { width: 96, height: 64 });
    assert.deepEqual(sequence.shown, { width: 88, height: 60 });
    assert.deepEqual(sequence.blocks, { width: 3, height: 2 });
    assert.deepEqual(sequence.referenceSets, [
      [-1, -4, 2],
      [-2, -5, 1],
      [-1, -3, -6],
    ]);
    assert.deepEqual(sequence.usability, { primaries: 9, transfer: 16, matrix: 9, isFullRange: true });
    assert.equal(sequence.orderBits, 8);
    assert.equal(sequence.longTermPictures, 3);
  });

  it('in a picture parameter set with every optional part', () => {
    const picture = readPictureParameters(fullPicture());
    assert.deepEqual(picture.tiles, { columns: 3, rows: 2 });
    assert.ok(picture.isWavefront && picture.hasChromaOffsetLists && picture.hasHeaderExtension);
  });

  it('in a slice of a CRA picture, whose entry points need data', () => {
    const sets = { sequence: readSequenceParameters(fullSequence()), picture: readPictureParameters(fullPicture()) };
    const slice = fullSlice();
    const header = readSliceHeader(slice, false, (id) => {
      assert.equal(id, 5);
      return sets;
    });
    assert.equal(header.headerBytes, slice.length - 3);
    assert.equal(header.dataBytes, 1 + 10 + 20);
    assert.equal(header.address, 0);
  });

  it('behind emulation prevention bytes, which count as bytes of the header', () => {
    const bits = createHevcBits(Buffer.from([0, 0, 3, 1, 0, 0, 3, 0x80, 0, 0, 3, 7]));
    assert.equal(bits.read(32), 0x0000_0100);
    assert.equal(bits.read(8), 0);
    assert.equal(bits.align(), 8);
  });

  it('with numbers of any length', () => {
    for (const value of [0, 1, 2, 62, 63, 4_094, 4_095, 8_190, 8_191, 65_535, 2 ** 31 - 2]) {
      const writer = createBitWriter();
      writer.u(3, 0);
      writer.ue(value);
      writer.trailing();
      const bits = createHevcBits(writer.bytes());
      bits.skip(3);
      assert.equal(bits.unsigned(2 ** 32 - 2), value);
      bits.requireEnd();
    }
  });
});

describe('the headers of HEVC are refused', () => {
  const rows: Record<string, readonly [RegExp, () => unknown]> = {
    'with other reserved bits': [/reserved bits/, () => readVideoParameters(Buffer.alloc(40))],
    'with separate color planes': [/separate color planes/, () => sequenceWith({ chroma: [3, YES] })],
    'with two bit depths': [/one bit depth/, () => sequenceWith({ depths: [0, 2] })],
    'with blocks of 8': [/valid sizes/, () => sequenceWith({ blocks: [0, 0, 0, 0] })],
    'with transform blocks as large as coding blocks': [/valid sizes/, () => sequenceWith({ blocks: [0, 1, 1, 0] })],
    'with a part of a coding block': [/whole coding blocks.*64 x 52/, () => sequenceWith({ size: [64, 52] })],
    'with extensions for 3D': [/3D/, () => sequenceWith({ extensions: [YES, NO, NO, YES, NO, [4, 0]] })],
    'with extensions for screen content': [
      /screen/,
      () => sequenceWith({ extensions: [YES, NO, NO, NO, YES, [4, 0]] }),
    ],
    'with 17 reference pictures': [/at most 16 reference/, () => sequenceWith({ sets: [1, 16, 1, ...distances(17)] })],
    'that end with a zero': [/end with a one/, () => createHevcBits(Buffer.from([0, 0])).requireEnd()],
    'of slices that end with other bits': [/a one and zeros/, () => createHevcBits(Buffer.from([0xa0])).align()],
    'with extensions for layers of a picture': [/layers/, () => readPictureParameters(pictureWithLayers())],
  };
  for (const [name, [expected, read]] of Object.entries(rows)) it(name, () => assert.throws(read, expected));

  it('only if they are wrong', () => assert.equal(sequenceWith({}).coded.width, 64));
});

type Fields = Parameters<typeof write>[1];

/** A sequence parameter set with the fewest fields. */
function sequenceWith({
  chroma = [1] as Fields,
  size = [64, 48] as Fields,
  depths = [0, 0] as Fields,
  blocks = [0, 1, 0, 2] as Fields,
  sets = [0] as Fields,
  extensions = [NO] as Fields,
}): SequenceParameters {
  const writer = createBitWriter();
  write(writer, [[4, 0], [3, 0], YES]);
  profile(writer);
  write(writer, [0, ...chroma, ...size, NO, ...depths, 0, YES, 0, 0, 0, ...blocks, 0, 0]);
  write(writer, [NO, NO, NO, NO, ...sets, NO, NO, NO, NO, ...extensions]);
  writer.trailing();
  return readSequenceParameters(writer.bytes());
}

const distances = (count: number): Fields => Array.from({ length: count }, () => [0, NO]).flat();

function pictureWithLayers(): Buffer {
  const writer = createBitWriter();
  write(writer, [0, 0, NO, NO, [3, 0], NO, NO, 0, 0, 0, NO, NO, NO, 0, 0, [7, 0], NO, NO, NO, 0, NO]);
  write(writer, [YES, NO, YES, NO, NO, [4, 0]]);
  writer.trailing();
  return writer.bytes();
}

/** Writes flags and numbers as they come: an array has the width and the value. */
function write(
  writer: BitWriter,
  fields: readonly (boolean | number | readonly [width: number, value: number])[],
): void {
  for (const field of fields) {
    if (typeof field === 'boolean') writer.u(1, field ? 1 : 0);
    else if (typeof field === 'number') writer.ue(field);
    else writer.u(...field);
  }
}

function profile(writer: BitWriter): void {
  for (let left = 12; left > 0; left--) writer.u(8, 0x41);
}

/** 7.3.4: a list by reference, then lists of coefficients. */
function scalingLists(writer: BitWriter): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (matrix === 3) {
        write(writer, [NO, 1]);
        continue;
      }
      write(writer, [YES, ...(size > 1 ? [7] : [])]);
      for (let left = Math.min(64, 16 << (2 * size)); left > 0; left--) writer.ue(left);
    }
  }
}

function fullSequence(): Buffer {
  const writer = createBitWriter();
  write(writer, [[4, 1], [3, 2], YES]);
  profile(writer);
  write(writer, [YES, YES, NO, YES]); // the profile and the level of the first sub-layer, the level of the second
  for (let left = 6; left > 0; left--) write(writer, [[2, 0]]);
  profile(writer);
  writer.u(8, 90);
  write(writer, [3, 1, 96, 64, YES, 1, 3, 2, 0]); // chroma samples of 2 x 2
  write(writer, [2, 2, 4, YES, 1, 0, 0, 1, 0, 0, 1, 0, 0]); // bit depth, order, buffers of three sub-layers
  write(writer, [0, 2, 0, 3, 1, 1]); // blocks of 8 to 32
  write(writer, [YES, YES]);
  scalingLists(writer);
  write(writer, [YES, YES, YES, [4, 7], [4, 7], 0, 2, YES]); // PCM
  write(writer, [3, 2, 1, 0, YES, 2, NO, 1, YES]); // -1, -4; 2
  write(writer, [YES, YES, 0, YES, NO, YES, YES, NO, NO]); // the same minus one: 1 of 2; not -1 itself
  write(writer, [YES, YES, 0, YES, YES, NO, NO, YES]); // and one before
  write(writer, [YES, 3, [8, 1], YES, [8, 2], NO, [8, 3], YES]); // long-term pictures
  write(writer, [YES, YES, YES]);
  write(writer, [YES, [8, 255], [16, 4], [16, 3], YES, NO]); // aspect ratio, overscan
  write(writer, [YES, [3, 5], YES, YES, [8, 9], [8, 16], [8, 9]]); // colors
  write(writer, [YES, 1, 1, [3, 0], YES, 1, 2, 3, 4]); // places of chroma, window
  write(writer, [YES, [32, 1], [32, 25], YES, 7, YES]); // timing
  write(writer, [YES, YES, YES, [8, 1], [5, 1], NO, [5, 1], [4, 1], [4, 1], [4, 1], [5, 1], [5, 1], [5, 1]]);
  write(writer, [YES, 5, 1, 1, 2, 3, 4, NO, 1, 2, 3, 4, NO, 1, 2, 3, 4, NO, 1, 2, 3, 4, NO]); // fixed, two buffers
  write(writer, [NO, NO, YES, 1, 2, 3, 4, NO, 1, 2, 3, 4, NO]); // low delay
  write(writer, [NO, YES, 5, 0, 1, 2, 3, 4, NO, 1, 2, 3, 4, NO]);
  write(writer, [YES, [3, 1], 0, 1, 2, 3, 4]); // restrictions
  write(writer, [YES, YES, YES, NO, NO, [4, 0], [9, 0], NO]); // extensions: range, layers
  writer.trailing();
  return writer.bytes();
}

function fullPicture(): Buffer {
  const writer = createBitWriter();
  write(writer, [5, 3, YES, YES, [3, 2], YES, YES, 0, 1, 3, NO, YES, YES, 2, 5, 6, YES, NO, NO, NO]);
  write(writer, [YES, YES, 2, 1, NO, 0, 0, 0, YES]); // tiles of unequal sizes, and wavefronts
  write(writer, [YES, YES, YES, NO, 3, 4, YES]); // deblocking
  scalingLists(writer);
  write(writer, [YES, 1, YES, YES, YES, NO, NO, NO, [4, 0]]);
  write(writer, [1, NO, YES, 1, 1, 2, 3, 4, 5, 0, 1]); // lists of two chroma offsets
  writer.trailing();
  return writer.bytes();
}

function fullSlice(): Buffer {
  const writer = createBitWriter();
  write(writer, [YES, NO, 5, [2, 0], 2, YES]); // the first one, intra, output
  write(writer, [[8, 7], NO, YES, 1, NO, 0, YES, YES, YES, YES]); // its own set, from the last but one
  write(writer, [1, 1, [2, 2], YES, 9, [8, 4], YES, NO, YES]); // long-term pictures, motion
  write(writer, [YES, NO, 3, 1, 1, NO, YES, NO, 2, 2, YES]); // offsets, quantization, deblocking
  write(writer, [2, 4, [5, 9], [5, 19], 2, [8, 1], [8, 2]]); // entry points of 10 and 20 bytes, extension
  writer.trailing();
  return Buffer.concat([writer.bytes(), Buffer.from([0x55, 0xaa, 0x55])]);
}
