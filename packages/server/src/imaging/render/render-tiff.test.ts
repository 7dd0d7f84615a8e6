import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { type TiffPage, type TiffShape, tiffOf, tiffOfPages } from '../../../test/pictures/tiff-bytes.ts';
import { COMPRESSION, PHOTOMETRIC, TAG } from '../inspect/structure/tiff/tags.ts';
import { createRenderer, type Renderer } from './render.fixture.ts';

const SIZE = { width: 61, height: 43 };

type Sample = (x: number, y: number) => number;

/** From 0 to 1: red grows to the right, green downwards, blue falls; alpha is never 0, where no color is known. */
const red: Sample = (x) => x / (SIZE.width - 1);
const green: Sample = (_x, y) => y / (SIZE.height - 1);
const blue: Sample = (x, y) => 1 - (red(x, y) + green(x, y)) / 2;
const alpha: Sample = (x, y) => 1 - (red(x, y) * green(x, y)) / 2;
const dots: Sample = (x, y) => ((x * y) >> 2) & 1;
const white: Sample = () => 1;
const not =
  (sample: Sample): Sample =>
  (x, y) =>
    1 - sample(x, y);
const times =
  (one: Sample, other: Sample): Sample =>
  (x, y) =>
    one(x, y) * other(x, y);

interface Kind extends Omit<TiffPage, 'width' | 'height' | 'samples' | 'valueAt'> {
  readonly stored: readonly Sample[];
  /** Red, green, blue and alpha; one for gray. */
  readonly seen: readonly Sample[];
  readonly shape?: Omit<TiffShape, 'pages'>;
  /** The tolerance of a channel of 8 bits. */
  readonly tolerance?: number;
}

const RGB = { stored: [red, green, blue], seen: [red, green, blue] };
const gray = (sample: Sample, photometric: number = PHOTOMETRIC.blackIsZero) => ({
  photometric,
  stored: [photometric === PHOTOMETRIC.whiteIsZero ? not(sample) : sample],
  seen: [sample],
});

const short = (...values: number[]) => ({ type: 'short', values }) as const;
const extra: (meaning: 1 | 2) => Pick<TiffPage, 'change'> = (meaning) => ({
  change: (fields) => fields.set(TAG.extraSamples, short(meaning)),
});

/** Red rises, green falls, blue is half. */
const palette = (bits: 1 | 2 | 4 | 8): Kind => {
  const colors = 2 ** bits;
  const index: Sample = (x, y) => ((x + 3 * y) % colors) / (colors - 1);
  const rising = Array.from({ length: colors }, (_, at) => Math.round((at / (colors - 1)) * 65_535));
  return {
    bits,
    photometric: PHOTOMETRIC.palette,
    stored: [index],
    seen: [index, not(index), () => 0.5],
    change: (fields) => fields.set(TAG.colorMap, short(...rising, ...rising.toReversed(), ...rising.map(() => 32_768))),
  };
};

const KINDS: Readonly<Record<string, Kind>> = {
  'RGB of 8 bits': { ...RGB },
  'RGB of 16 bits': { ...RGB, bits: 16 },
  'RGB of 16 bits, big-endian': { ...RGB, bits: 16, shape: { isBigEndian: true } },
  'RGB in a BigTIFF of several strips': { ...RGB, rowsPerStrip: 7, shape: { isBig: true } },
  'RGB of 16 bits in a big-endian BigTIFF': { ...RGB, bits: 16, shape: { isBig: true, isBigEndian: true } },
  'RGB in planes': { ...RGB, isPlanar: true, rowsPerStrip: 10 },
  'RGB of 16 bits in planes': { ...RGB, bits: 16, isPlanar: true },
  'RGB in tiles': { ...RGB, tile: 16 },
  'RGB of 16 bits in Deflate tiles': { ...RGB, bits: 16, tile: 32, compression: COMPRESSION.deflate },
  'RGB of old Deflate': { ...RGB, rowsPerStrip: 9, compression: COMPRESSION.oldDeflate },
  'RGB of PackBits': { ...RGB, rowsPerStrip: 9, compression: COMPRESSION.packBits },
  'RGB with alpha': { stored: [...RGB.stored, alpha], seen: [...RGB.seen, alpha], ...extra(2) },
  'RGB of 16 bits with alpha': { bits: 16, stored: [...RGB.stored, alpha], seen: [...RGB.seen, alpha], ...extra(2) },
  'RGB that its alpha is multiplied with': {
    stored: [...RGB.stored.map((one) => times(one, alpha)), alpha],
    seen: [...RGB.seen, alpha],
    tolerance: 3,
    ...extra(1),
  },
  'RGB of 16 bits that its alpha is multiplied with': {
    bits: 16,
    stored: [...RGB.stored.map((one) => times(one, alpha)), alpha],
    seen: [...RGB.seen, alpha],
    ...extra(1),
  },
  'gray of 1 bit': { ...gray(dots), bits: 1 },
  'gray of 1 bit in tiles, white is zero': { ...gray(dots, PHOTOMETRIC.whiteIsZero), bits: 1, tile: 32 },
  'gray of 2 bits': { ...gray(dots), bits: 2 },
  'gray of 4 bits, white is zero': { ...gray(dots, PHOTOMETRIC.whiteIsZero), bits: 4 },
  'gray of 8 bits': { ...gray(red) },
  'gray of 8 bits, white is zero': { ...gray(red, PHOTOMETRIC.whiteIsZero) },
  'gray of 16 bits, white is zero': { ...gray(red, PHOTOMETRIC.whiteIsZero), bits: 16 },
  'gray of 16 bits with alpha': {
    bits: 16,
    photometric: PHOTOMETRIC.blackIsZero,
    stored: [red, alpha],
    seen: [red, red, red, alpha],
    ...extra(2),
  },
  'a palette of 2 colors': palette(1),
  'a palette of 4 colors': palette(2),
  'a palette of 16 colors': palette(4),
  'a palette of 256 colors in tiles': { ...palette(8), tile: 16 },
  // Without ink, and with all of black; the shades between are those of libvips' profile.
  'CMYK of 8 bits': {
    photometric: PHOTOMETRIC.separated,
    stored: [not(white), not(white), not(white), not(white)],
    seen: [white],
  },
  'CMYK of 16 bits': {
    bits: 16,
    photometric: PHOTOMETRIC.separated,
    stored: [white, white, white, white],
    seen: [not(white)],
    tolerance: 50,
  },
  'Lab of 16 bits': { bits: 16, photometric: PHOTOMETRIC.lab, stored: [white, not(white), not(white)], seen: [white] },
};

describe('a rendition of a TIFF', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  const rgba = async (bytes: Buffer): Promise<Buffer> => {
    const { rendered, bytes: png } = await renderer.make(bytes, 'image/tiff');
    assert.deepEqual([rendered.width, rendered.height], [SIZE.width, SIZE.height]);
    return sharp(png).toColorspace('srgb').ensureAlpha().raw().toBuffer();
  };

  for (const [name, { stored, seen, shape, tolerance = 1, bits = 8, ...page }] of Object.entries(KINDS)) {
    it(`of ${name} has its colors`, async () => {
      const valueAt = (x: number, y: number, sample: number): number =>
        Math.round((stored[sample]?.(x, y) ?? 0) * (2 ** bits - 1));
      const pixels = await rgba(tiffOf({ ...SIZE, ...page, bits, samples: stored.length, valueAt }, shape));
      const [first = white, second = first, third = first, fourth = white] = seen;
      for (let y = 0, at = 0; y < SIZE.height; y++)
        for (let x = 0; x < SIZE.width; x++)
          for (const sample of [first, second, third, fourth]) {
            const expected = sample(x, y) * 255;
            const got = pixels[at++] ?? -1;
            assert.ok(Math.abs(got - expected) <= tolerance, `expected ${expected} at ${x}, ${y}; got ${got}`);
          }
    });
  }

  it('in Lab has its hues', async () => {
    const lab = (l: number, a: number, b: number): Buffer =>
      tiffOf({
        ...SIZE,
        bits: 16,
        photometric: PHOTOMETRIC.lab,
        valueAt: (_x, _y, sample) =>
          [Math.round((l / 100) * 65_535), (a * 256) & 65_535, (b * 256) & 65_535][sample] ?? 0,
      });
    const [reddish, bluish] = [await rgba(lab(53.2, 80, 67)), await rgba(lab(32.3, 79, -108))];
    for (const [pixel, expected] of [
      [reddish, [255, 0, 0]],
      [bluish, [0, 0, 255]],
    ] as const)
      for (const [place, value] of expected.entries())
        assert.ok(Math.abs((pixel[place] ?? 0) - value) < 10, `${pixel.subarray(0, 3)}`);
  });

  it('in YCbCr, subsampled and without JPEG, has its colors', async () => {
    const size = { width: 8, height: 8 };
    const green22 = Buffer.concat(Array.from({ length: 16 }, () => Buffer.from([150, 150, 150, 150, 44, 21]))); // BT.601
    const bytes = tiffOf({ ...size, photometric: PHOTOMETRIC.yCbCr, encode: () => green22 });
    const { bytes: png } = await renderer.make(bytes, 'image/tiff');
    const [r = 0, g = 0, b = 0] = await sharp(png).removeAlpha().raw().toBuffer();
    assert.ok(r < 5 && g > 250 && b < 5, `${[r, g, b]}`);
  });

  it('is upright in each of the eight orientations', async () => {
    // TIFF 6.0, "Orientation": where the first stored pixel is seen.
    const corners = [
      'top left',
      'top right',
      'bottom right',
      'bottom left',
      'top left',
      'top right',
      'bottom right',
      'bottom left',
    ];
    for (const [place, corner] of corners.entries()) {
      const bytes = tiffOf({
        ...SIZE,
        samples: 1,
        photometric: PHOTOMETRIC.blackIsZero,
        valueAt: (x, y) => (x < 8 && y < 8 ? 255 : 0),
        change: (fields) => fields.set(TAG.orientation, short(place + 1)),
      });
      const { rendered, bytes: png } = await renderer.make(bytes, 'image/tiff');
      const { width, height } = rendered;
      assert.deepEqual([width, height], place < 4 ? [SIZE.width, SIZE.height] : [SIZE.height, SIZE.width]);
      const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
      const at = (x: number, y: number): number => data[(y * width + x) * info.channels] ?? 0;
      const lit = [
        ['top left', at(2, 2)],
        ['top right', at(width - 3, 2)],
        ['bottom left', at(2, height - 3)],
        ['bottom right', at(width - 3, height - 3)],
      ].filter(([, value]) => value === 255);
      assert.deepEqual(
        lit.map(([name]) => name),
        [corner],
        `orientation ${place + 1}`,
      );
    }
  });

  it('of 16 bits with a profile is in sRGB', async () => {
    const green16 = sharp({ create: { ...SIZE, channels: 3, background: '#20c040' } });
    const tiff = await green16
      .clone()
      .toColorspace('rgb16')
      .withIccProfile('p3')
      .tiff({ compression: 'lzw' })
      .toBuffer();
    const [r = 0, g = 0, b = 0] = await rgba(tiff);
    assert.ok(Math.abs(r - 0x20) < 4 && Math.abs(g - 0xc0) < 4 && Math.abs(b - 0x40) < 4, `${[r, g, b]}`);
  });

  it('shows its first page, and has no other', async () => {
    const page = (value: number): TiffPage => ({
      ...SIZE,
      samples: 1,
      photometric: PHOTOMETRIC.blackIsZero,
      valueAt: () => value,
    });
    const bytes = tiffOfPages({ pages: [page(200), page(50)] });
    assert.equal((await rgba(bytes))[0], 200);
    assert.equal((await renderer.refusal(bytes, 'image/tiff', { page: 1 })).code, 'no-such-page');
  });

  for (const tile of [false, true])
    it(`is refused if its LZW ${tile ? 'tiles' : 'strips'} hold zeros`, async () => {
      const whole = await sharp({ create: { ...SIZE, channels: 3, background: '#20c040' } })
        .tiff({ compression: 'lzw', tile, tileWidth: 32, tileHeight: 32 })
        .toBuffer();
      const directory = whole.readUInt32LE(4);
      const zeroed = Buffer.from(whole).fill(0, 8, directory);
      assert.equal((await renderer.refusal(zeroed, 'image/tiff')).code, 'unreadable-image');
    });
});
