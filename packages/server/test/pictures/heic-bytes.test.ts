import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { box } from '../../../../test/pictures/avif-bytes.ts';
import { heicBytes, property } from '../../../../test/pictures/heic-bytes.ts';
import {
  ALPHA_URNS,
  addStream,
  emptyFile,
  type HeicImage,
  heicFile,
  heicImage,
  SRGB,
} from '../../../../test/pictures/heic-image.ts';
import { encodeHevc } from '../../../../test/pictures/hevc-bytes.ts';
import { type Chroma, chromaFormat, type HevcPicture } from '../../../../test/pictures/hevc-picture.ts';
import type { Size } from '../../src/domain/rendition/transform.ts';
import { decodeHeic } from './libheif.ts';

const CHROMAS = ['4:0:0', '4:2:0', '4:2:2', '4:4:4'] as const;

describe('libheif decodes exactly the samples of', () => {
  for (const chroma of CHROMAS) {
    for (const bitDepth of [8, 10] as const) {
      it(`${chroma} with ${bitDepth} bits`, () => {
        const { across, down } = chromaFormat(chroma);
        const size = { width: 49 * across, height: 35 * down };
        assertExact(hevcPicture(size, chroma, bitDepth, noise(2 ** bitDepth)));
      });
    }

    it(`${chroma} with blocks of one color, which are predicted, and several slices`, () => {
      const picture = hevcPicture({ width: 320, height: 256 }, chroma, 8, patches);
      const sizeBytes = picture.planes.reduce((sum, { length }) => sum + length, 0);
      assert.ok(assertExact(picture) < sizeBytes / 2);
      assert.ok(assertExact({ ...picture, slices: 9 }) < sizeBytes / 2);
    });
  }

  it('bytes that look like start codes', () => {
    assertExact(hevcPicture({ width: 64, height: 48 }, '4:2:0', 8, noise(4)));
  });

  it('a picture above level 4.1, which has blocks of 32', () => {
    assertExact(hevcPicture({ width: 4240, height: 64 }, '4:2:0', 8, patches));
  });

  it('12 megapixels of one color, which take some kilobytes', () => {
    const picture = hevcPicture({ width: 4000, height: 3000 }, '4:2:0', 8, () => 100);
    assert.ok(assertExact(picture) < 10_000);
  });
});

/** Returns the size of the stream's slices. */
function assertExact(picture: HevcPicture): number {
  const stream = encodeHevc(picture);
  assert.equal(stream.slices.length, picture.slices ?? 1);
  const file = emptyFile('heix');
  addStream(file, stream, [property.nclx(SRGB)]); // without it libheif converts to full range
  const { planes, width, height } = decodeHeic(heicBytes(file));
  assert.deepEqual({ width, height }, { width: picture.width, height: picture.height });
  assert.equal(planes.length, picture.planes.length);
  for (const [index, plane] of planes.entries()) {
    const expected = picture.planes[index];
    assert.equal(plane.length, expected?.length);
    assert.equal(
      plane.findIndex((sample, at) => sample !== expected?.[at]),
      -1,
      `plane ${index}`,
    );
  }
  return stream.slices.reduce((sum, { length }) => sum + length, 0);
}

/** At a place in luma samples. */
type Sample = (x: number, y: number, plane: number) => number;

function hevcPicture({ width, height }: Size, chroma: Chroma, bitDepth: 8 | 10, sample: Sample): HevcPicture {
  const { across, down } = chromaFormat(chroma);
  const planes = (chroma === '4:0:0' ? [0] : [0, 1, 2]).map((plane) => {
    const [columns, rows] = plane === 0 ? [width, height] : [width / across, height / down];
    return Uint16Array.from({ length: columns * rows }, (_, at) =>
      sample(at % columns, Math.floor(at / columns), plane),
    );
  });
  return { width, height, chroma, bitDepth, planes };
}

function noise(below: number): Sample {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Two colors, one inside the other, and a gradient in a corner. */
const patches: Sample = (x, y, plane) => {
  if (x < 20 && y < 20) return x + 7 * y;
  return x > 40 && x < 70 && y > 24 ? 50 + plane : 90 + plane;
};

describe('libheif decodes approximately the pixels of', () => {
  const cases: Record<string, Partial<HeicImage> & { readonly bound: number }> = {
    'a picture by default': { bound: 6 },
    'an odd size in 4:2:0': { ...gradient({ width: 97, height: 63 }), bound: 6 },
    'an odd size in 4:4:4 with alpha': { ...gradient({ width: 97, height: 63 }), chroma: '4:4:4', bound: 3 },
    '10 bits': { bitDepth: 10, chroma: '4:4:4', bound: 2 },
    'limited range of BT.709': {
      nclx: { primaries: 1, transfer: 1, matrix: 1, isFullRange: false },
      chroma: '4:4:4',
      bound: 3,
    },
    'the identity matrix': {
      nclx: { primaries: 1, transfer: 13, matrix: 0, isFullRange: true },
      chroma: '4:4:4',
      bound: 1,
    },
    'a grid with alpha': { ...gradient({ width: 150, height: 131 }), tile: { width: 64, height: 64 }, bound: 6 },
    'a grid with one row': { tile: { width: 64, height: 64 }, bound: 6 },
    'alpha with the name of HEVC': { alphaUrn: ALPHA_URNS.hevc, bound: 6 },
    'an EXIF orientation, which is ignored': { exifOrientation: 6, bound: 6 },
    'a picture with a thumbnail': { thumbnail: { width: 24, height: 16 }, bound: 6 },
    'an identity derivation': { derivation: 'iden', bound: 6 },
    'an overlay': { derivation: 'iovl', bound: 6 },
  };
  for (const [name, { bound, ...options }] of Object.entries(cases)) {
    it(name, () => {
      const image: HeicImage = { ...gradient({ width: 96, height: 64 }), ...options };
      const decoded = decodeHeic(heicImage(image));
      assert.deepEqual([decoded.width, decoded.height], [image.width, image.height]);
      assert.equal(decoded.thumbnails, image.thumbnail ? 1 : 0);
      const worst = worstDifference(decoded.pixels, image.pixels);
      assert.ok(worst <= bound, `${worst}`);
    });
  }
});

const worstDifference = (some: Uint8Array, others: Uint8Array): number =>
  some.reduce((worst, value, at) => Math.max(worst, Math.abs(value - (others[at] ?? 0))), 0);

function gradient({ width, height }: Size): Pick<HeicImage, 'width' | 'height' | 'pixels'> {
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      pixels.set([(x * 255) / width, (y * 255) / height, 128, ((x + y) * 255) / (width + height)], at);
    }
  }
  return { width, height, pixels };
}

describe('libheif applies', () => {
  const image = { ...gradient({ width: 96, height: 64 }), chroma: '4:4:4' } as const;
  const crop = { left: 7, top: 20, width: 31, height: 22 };
  // Where a pixel of the result comes from.
  const cases: Record<string, [Partial<HeicImage>, Size, (x: number, y: number) => [number, number]]> = {
    'a rotation by 90 degrees anticlockwise': [{ quarterTurns: 1 }, { width: 64, height: 96 }, (x, y) => [95 - y, x]],
    'a rotation by 180 degrees': [{ quarterTurns: 2 }, image, (x, y) => [95 - x, 63 - y]],
    'a mirror of top and bottom': [{ mirrorAxis: 0 }, image, (x, y) => [x, 63 - y]],
    'a mirror of left and right': [{ mirrorAxis: 1 }, image, (x, y) => [95 - x, y]],
    'a clean aperture': [{ crop }, crop, (x, y) => [x + 7, y + 20]],
    'a clean aperture before a rotation': [
      { crop, quarterTurns: 3 },
      { width: 22, height: 31 },
      (x, y) => [7 + y, 20 + 21 - x],
    ],
    'a rotation to a grid': [
      { tile: { width: 64, height: 64 }, quarterTurns: 1 },
      { width: 64, height: 96 },
      (x, y) => [95 - y, x],
    ],
    'a rotation to an identity derivation': [
      { derivation: 'iden', quarterTurns: 2 },
      image,
      (x, y) => [95 - x, 63 - y],
    ],
  };
  for (const [name, [options, size, from]] of Object.entries(cases)) {
    it(name, () => {
      const { width, height, pixels } = decodeHeic(heicImage({ ...image, ...options }));
      assert.deepEqual({ width, height }, { width: size.width, height: size.height });
      for (let at = 0; at < pixels.length; at++) {
        const pixel = Math.floor(at / 4);
        const [x, y] = from(pixel % width, Math.floor(pixel / width));
        const expected = image.pixels[(y * image.width + x) * 4 + (at % 4)] ?? -10;
        assert.ok(Math.abs((pixels[at] ?? 0) - expected) <= 3, `${pixels[at]} at ${x}, ${y}; expected ${expected}`);
      }
    });
  }
});

describe('a HEIC file', () => {
  it('contains the ICC profile, while the stream tells the matrix and the range', () => {
    const icc = Buffer.from('not really a profile');
    const image = gradient({ width: 32, height: 32 });
    const decoded = decodeHeic(heicImage({ ...image, icc }));
    assert.deepEqual(decoded.icc, icc);
    assert.ok(worstDifference(decoded.pixels, image.pixels) <= 10);
  });

  it('can be edited before serialization', () => {
    const file = heicFile({ ...gradient({ width: 96, height: 64 }), tile: { width: 64, height: 64 } });
    for (const item of file.items) {
      if (item.type === 'grid') item.isInIdat = true;
      const half = Math.floor(item.data.length / 2);
      item.extents = [
        { offset: 0, length: half },
        { offset: half, length: item.data.length - half },
      ];
    }
    file.extraInMeta.push(box('free', Buffer.alloc(9)));
    file.editBox = (type, bytes) => (type === 'ftyp' ? Buffer.concat([bytes, box('free')]) : bytes);
    assert.equal(decodeHeic(heicBytes(file)).width, 96);
  });

  it('can lack a slice', () => {
    const image = { ...gradient({ width: 64, height: 64 }), slices: 4 };
    const whole = decodeHeic(heicImage(image)).pixels;
    const lacking = heicImage({
      ...image,
      editStream: (stream) => ({ ...stream, slices: stream.slices.slice(0, -1) }),
    });
    const { pixels } = decodeHeic(lacking);
    assert.ok(pixels.subarray(0, pixels.length * 0.75).equals(whole.subarray(0, whole.length * 0.75)));
    assert.ok(!pixels.equals(whole));
  });
});
