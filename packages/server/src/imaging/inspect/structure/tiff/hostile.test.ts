import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { type TagValues, type TiffPage, tiffOf, tiffOfPages } from '../../../../../test/pictures/tiff-bytes.ts';
import { refusalOf } from '../inspection.fixture.ts';
import { COMPRESSION, PHOTOMETRIC, TAG } from './tags.ts';

const SIZE = { width: 64, height: 48 };
const PAGE: TiffPage = { ...SIZE, rowsPerStrip: 16 };

const short = (...values: number[]) => ({ type: 'short', values }) as const;
const long = (...values: number[]) => ({ type: 'long', values }) as const;
const long8 = (...values: number[]) => ({ type: 'long8', values }) as const;

/** The page with some fields set. */
const set = (page: TiffPage, ...fields: readonly (readonly [number, TagValues])[]): TiffPage => ({
  ...page,
  change: (all) => {
    page.change?.(all);
    for (const [tag, values] of fields) all.set(tag, values);
  },
});

const without = (page: TiffPage, tag: number): TiffPage => ({ ...page, change: (fields) => fields.delete(tag) });

/** The page with the offsets and sizes of its strips changed. */
const placed = (
  change: (at: number, place: number) => number,
  resized: (bytes: number) => number = (bytes) => bytes,
): TiffPage => ({
  ...PAGE,
  change: (fields) => {
    fields.set(TAG.stripOffsets, long(...(fields.get(TAG.stripOffsets)?.values ?? []).map(change)));
    fields.set(TAG.stripByteCounts, long(...(fields.get(TAG.stripByteCounts)?.values ?? []).map(resized)));
  },
});

const TILED: TiffPage = { ...SIZE, tile: 16 };

/** Each claims what would cost a decoder its memory or its time, or reads outside the file. */
const HOSTILE: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
  'a header alone': [Buffer.from('II*\0'), /TIFF header of 8 bytes; got 4/],
  'a first directory at the header': [
    Buffer.from('II*\0\0\0\0\0\x01\0', 'latin1'),
    /inside the file; got the offset 0/,
  ],
  'a first directory beyond the end': [Buffer.from('II*\0\xff\xff\xff\xff', 'latin1'), /got the offset 4,294,967,295/],
  'a BigTIFF whose first directory is at 2^64 - 1': [
    Buffer.concat([Buffer.from('II+\0\x08\0\0\0', 'latin1'), Buffer.alloc(8, 0xff)]),
    /inside the file; got the offset 18,446,744,073,709,55\d,\d{3}/,
  ],
  'a BigTIFF with offsets of another size': [
    Buffer.from(`II+\0\x10\0\0\0${'\0'.repeat(24)}`, 'latin1'),
    /offsets of 8 bytes/,
  ],
  'a BigTIFF of 2^64 - 1 fields': [
    Buffer.concat([Buffer.from('II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0', 'latin1'), Buffer.alloc(8, 0xff)]),
    /1 to 512 fields in a directory/,
  ],
  'a directory without fields': [Buffer.from('II*\0\x08\0\0\0\0\0\0\0\0\0', 'latin1'), /1 to 512 fields .*; got 0/],
  'a directory of 65,535 fields': [Buffer.from('II*\0\x08\0\0\0\xff\xff', 'latin1'), /1 to 512 fields .*; got 65,535/],
  'a directory that the file cuts off': [Buffer.from('II*\0\x08\0\0\0\xff\x01', 'latin1'), /a whole directory/],
  'directories in a loop': [tiffOf(PAGE, { end: (first) => first }), /got a loop of them/],
  'a next directory inside its strips': [tiffOf(PAGE, { end: () => 8 }), /expected .*; got/],
  '1,001 pages': [
    tiffOfPages({ pages: Array.from({ length: 1_001 }, () => ({ width: 1, height: 1 })) }),
    /at most 1,000 pages in a TIFF; got more/,
  ],
  'pages of 65,000 fields': [
    tiffOfPages({
      pages: Array.from({ length: 130 }, () =>
        set({ width: 1, height: 1 }, ...Array.from({ length: 490 }, (_, tag) => [tag + 1_000, short(1)] as const)),
      ),
    }),
    /at most 64,000 fields in all pages of a TIFF; got more/,
  ],
  'pages that share metadata': [
    tiffOfPages({
      pages: Array.from({ length: 40 }, (_, page) =>
        set({ width: page === 0 ? 400_000 : 1, height: 1 }, [
          700,
          { type: 'undefined', values: [], count: 1_000_000, at: 8 },
        ]),
      ),
    }),
    /at most 33,554,432 bytes of metadata in a TIFF; got more: save it without layers/,
  ],
  'a field of 4,294,967,295 values': [
    tiffOf(set(PAGE, [700, { type: 'undefined', values: [], count: 0xffff_ffff, at: 8 }])),
    /values of a TIFF's tag 700 inside the file/,
  ],
  'a BigTIFF whose count and offset overflow 64 bits': [
    tiffOf(set(PAGE, [700, { type: 'long8', values: [], count: 2 ** 61, at: 2 ** 63 }]), { isBig: true }),
    /values of a TIFF's tag 700 inside the file/,
  ],
  'a strip of 4 GB': [
    tiffOf(
      placed(
        (at) => at,
        () => 0xffff_ffff,
      ),
    ),
    /strip 1 of a TIFF inside the file; got one that ends 4,29\d/,
  ],
  'a strip at 2^64 - 1': [
    tiffOf(set(PAGE, [TAG.stripOffsets, long8(8, 8, 2 ** 63)]), { isBig: true }),
    /strip 3 of a TIFF inside the file/,
  ],
  'a strip of no bytes': [
    tiffOf(
      placed(
        (at) => at,
        () => 0,
      ),
    ),
    /data in strip 1 of a TIFF; got none/,
  ],
  'strips at the header': [tiffOf(placed(() => 0)), /places of their own; got some that overlap/],
  'strips that share their bytes': [
    tiffOf(placed((_at, place) => 8 + place)),
    /places of their own; got some that overlap/,
  ],
  'strips of too few bytes': [
    tiffOf(
      placed(
        (at) => at,
        (bytes) => bytes - 1,
      ),
    ),
    /3,072 bytes of pixels in strip 1 .*; got 3,071/,
  ],
  'fewer strips than rows': [
    tiffOf(set(PAGE, [TAG.stripOffsets, long(8)])),
    /expected 3 strips with offsets and sizes in a TIFF; got 1/,
  ],
  'strips without sizes': [tiffOf(without(PAGE, TAG.stripByteCounts)), /expected 3 strips .*; got 0/],
  'strips of no rows': [tiffOf(set(PAGE, [TAG.rowsPerStrip, long(0)])), /strips of at least one row/],
  'strips and no fields of them, but tiles': [
    tiffOf(set(PAGE, [TAG.tileWidth, long(16)])),
    /tiles of at least one row/,
  ],
  'tiles of 65,536 pixels': [
    tiffOf(set(TILED, [TAG.tileWidth, long(65_536)], [TAG.tileHeight, long(65_536)])),
    /multiple of 16 up to 256 pixels a side in this TIFF; got 65,536 x 65,536/,
  ],
  'tiles of 17 pixels': [tiffOf(set(TILED, [TAG.tileWidth, long(17)])), /multiple of 16/],
  '65,536 strips of one row in planes': [
    tiffOf(
      set(
        PAGE,
        [TAG.height, long(16_384)],
        [TAG.rowsPerStrip, long(1)],
        [TAG.samplesPerPixel, short(4)],
        [TAG.planarConfiguration, short(2)],
        [TAG.extraSamples, short(2)],
        [TAG.bitsPerSample, short(8, 8, 8, 8)],
      ),
    ),
    /expected 65,536 strips with/,
  ],
  'more tiles than are allowed': [
    tiffOf(set(TILED, [TAG.width, long(8_192)], [TAG.height, long(6_400)])),
    /at most 65,536 tiles in a TIFF; got 204,800/,
  ],
  'a row of tiles of 419 MB': [
    tiffOf(
      set(
        { ...TILED, bits: 16 },
        [TAG.width, long(8_192)],
        [TAG.height, long(6_400)],
        [TAG.tileWidth, long(8_192)],
        [TAG.tileHeight, long(6_400)],
      ),
    ),
    /at most 67,108,864 bytes of pixels in a row of tiles .*; got 314,572,800/,
  ],
  'planes of one strip each': [
    tiffOf(
      set(
        PAGE,
        [TAG.width, long(8_192)],
        [TAG.height, long(6_400)],
        [TAG.rowsPerStrip, long(0xffff_ffff)],
        [TAG.planarConfiguration, short(2)],
      ),
    ),
    /at most 67,108,864 bytes of pixels in a strip .*; got 157,286,400/,
  ],
  'too many pixels': [
    tiffOf(set(PAGE, [TAG.width, long(16_384)], [TAG.height, long(16_384)])),
    /at most 52,428,800 pixels/,
  ],
  'a side of 4,294,967,295 pixels': [
    tiffOf(set(PAGE, [TAG.width, long(0xffff_ffff)], [TAG.height, long(1)])),
    /pixels a side|pixels/,
  ],
  'no pixels': [tiffOf(set(PAGE, [TAG.width, long(0)])), /at least one pixel/],
  '65,535 samples a pixel': [tiffOf(set(PAGE, [TAG.samplesPerPixel, short(0xffff)])), /at most 5 channels; got 65,535/],
  'samples of different depths': [tiffOf(set(PAGE, [TAG.bitsPerSample, short(8, 16, 8)])), /samples of equal depth/],
  'a palette that is too short': [
    tiffOf(set({ ...PAGE, samples: 1, photometric: PHOTOMETRIC.palette }, [TAG.colorMap, short(1, 2, 3)])),
    /expected 768 numbers in the palette of a TIFF; got 3/,
  ],
};

describe('a hostile TIFF', () => {
  for (const [name, [bytes, words]] of Object.entries(HOSTILE)) {
    it(`of ${name} is refused`, async () => {
      const refusal = await refusalOf(bytes, 'image/tiff');
      assert.match(refusal ?? 'accepted', words);
    });
  }

  it('whose JPEG strip or tile claims 65,535 x 65,535 pixels is refused', async () => {
    for (const tile of [false, true]) {
      const whole = await sharp({ create: { ...SIZE, channels: 3, background: '#20c040' } })
        .tiff({ compression: 'jpeg', tile, tileWidth: 32, tileHeight: 32 })
        .toBuffer();
      assert.equal(await refusalOf(whole, 'image/tiff'), undefined);
      const frame = whole.indexOf(Buffer.from([0xff, 0xc0]));
      const claimed = Buffer.from(whole).fill(0xff, frame + 5, frame + 9);
      assert.match((await refusalOf(claimed, 'image/tiff')) ?? '', /expected a JPEG of .*; got 65,535 x 65,535/);
    }
  });

  it('whose Deflate strip inflates to 200 times its pixels is refused', async () => {
    const bomb = tiffOf({
      ...PAGE,
      compression: COMPRESSION.deflate,
      encode: (block) => deflateSync(Buffer.alloc(200 * block.length)),
    });
    assert.match((await refusalOf(bomb, 'image/tiff')) ?? '', /3,072 bytes of pixels .*; got more/);
  });
});
