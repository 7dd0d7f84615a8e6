import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp, { type TiffOptions } from 'sharp';
import { testImage } from '../../../../../../../test/pictures/test-images.ts';
import { type TagValues, type TiffPage, tiffOf, tiffOfPages } from '../../../../../test/pictures/tiff-bytes.ts';
import { refusalOf } from '../inspection.fixture.ts';
import { COMPRESSION, PHOTOMETRIC, TAG } from './tags.ts';

const SIZE = { width: 64, height: 48 };
const PAGE: TiffPage = { ...SIZE, rowsPerStrip: 16 };
const GRAY: TiffPage = { ...PAGE, samples: 1, photometric: PHOTOMETRIC.blackIsZero };

const short = (...values: number[]) => ({ type: 'short', values }) as const;
const ascii = (text: string) => ({ type: 'ascii', values: [...Buffer.from(`${text}\0`)] }) as const;

const set = (page: TiffPage, ...fields: readonly (readonly [number, TagValues])[]): TiffPage => ({
  ...page,
  change: (all) => {
    for (const [tag, values] of fields) all.set(tag, values);
  },
});

const refusal = (bytes: Buffer): Promise<string | undefined> => refusalOf(bytes, 'image/tiff');
const sound = async (bytes: Buffer, what?: string): Promise<void> =>
  assert.equal(await refusal(bytes), undefined, what);
const refused = async (bytes: Buffer, words: RegExp): Promise<void> =>
  assert.match((await refusal(bytes)) ?? 'accepted', words);

/** Where the strips or tiles of the first page of a little-endian TIFF are. */
function blocksOf(tiff: Buffer): readonly { readonly at: number; readonly sizeBytes: number }[] {
  const directory = tiff.readUInt32LE(4);
  const field = (tags: readonly number[]): number[] => {
    for (let at = directory + 2; at < directory + 2 + 12 * tiff.readUInt16LE(directory); at += 12) {
      if (!tags.includes(tiff.readUInt16LE(at))) continue;
      const [bytes, count] = [tiff.readUInt16LE(at + 2) === 3 ? 2 : 4, tiff.readUInt32LE(at + 4)];
      const values = bytes * count <= 4 ? at + 8 : tiff.readUInt32LE(at + 8);
      return Array.from({ length: count }, (_, place) => tiff.readUIntLE(values + place * bytes, bytes));
    }
    return [];
  };
  const sizes = field([TAG.stripByteCounts, TAG.tileByteCounts]);
  return field([TAG.stripOffsets, TAG.tileOffsets]).map((at, place) => ({ at, sizeBytes: sizes[place] ?? 0 }));
}

describe('a TIFF', () => {
  const encoders: Record<string, TiffOptions> = {
    'without compression': { compression: 'none' },
    'of LZW': { compression: 'lzw', predictor: 'none' },
    'of LZW with differences': { compression: 'lzw', predictor: 'horizontal' },
    'of Deflate': { compression: 'deflate', predictor: 'none' },
    'of Deflate with differences': { compression: 'deflate', predictor: 'horizontal' },
    'of PackBits': { compression: 'packbits' },
    'of JPEG': { compression: 'jpeg', quality: 80 },
    'of CCITT group 4': { compression: 'ccittfax4', bitdepth: 1 },
  };
  for (const [name, options] of Object.entries(encoders))
    for (const tile of [false, true])
      it(`${name} in ${tile ? 'tiles' : 'strips'} is accepted, and refused if data is missing or zero`, async () => {
        const png = sharp(await testImage({ type: 'image/png', width: 203, height: 301 }));
        const picture = options.bitdepth === 1 ? png.toColorspace('b-w').threshold(120) : png;
        const whole = await picture.tiff({ ...options, tile, tileWidth: 128, tileHeight: 128 }).toBuffer();
        await sound(whole);
        const blocks = blocksOf(whole);
        assert.ok(blocks.length >= 3);
        for (const share of [0.1, 0.5, 0.9, 0.999])
          await refused(whole.subarray(0, Math.floor(whole.length * share)), /^expected .*; got/);
        if (options.compression === 'none') return; // zeros are black
        for (const { at, sizeBytes } of [blocks[0], blocks.at(-1)].filter((one) => one !== undefined)) {
          await refused(Buffer.from(whole).fill(0, at, at + sizeBytes), /^expected .*; got/);
          await refused(
            Buffer.from(whole).fill(0, at + Math.floor(sizeBytes / 2), at + sizeBytes),
            /^expected .*; got/,
          );
        }
      });

  it('of Deflate is refused if any bit of its data is another', async () => {
    const whole = tiffOf({ ...PAGE, compression: COMPRESSION.deflate });
    const [first] = blocksOf(whole);
    assert.ok(first);
    for (let at = first.at + 2; at < first.at + first.sizeBytes; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      await refused(changed, /Deflate data|bytes of pixels/);
    }
  });

  it('of Deflate in one large strip is read to its end', async () => {
    const page: TiffPage = { width: 1_200, height: 400, compression: COMPRESSION.deflate };
    await sound(tiffOf(page));
    await refused(
      tiffOf({ ...page, encode: (block) => deflateSync(block).fill(0, deflateSync(block).length - 4) }),
      /whole Deflate data .*; got corrupt data/,
    );
    await refused(
      tiffOf({ ...page, encode: (block) => deflateSync(block.subarray(1)) }),
      /1,440,000 bytes of pixels .*; got 1,439,999/,
    );
  });

  it('of PackBits is refused if a run goes past its pixels, or bytes follow', async () => {
    const page: TiffPage = { ...GRAY, width: 4, height: 1, compression: COMPRESSION.packBits };
    await sound(tiffOf({ ...page, encode: () => Buffer.from([0xfd, 7]) }));
    await sound(tiffOf({ ...page, encode: () => Buffer.from([0x80, 3, 1, 2, 3, 4, 0]) }));
    await refused(tiffOf({ ...page, encode: () => Buffer.from([0xfc, 7]) }), /4 bytes of pixels .*; got 5/);
    await refused(
      tiffOf({ ...page, encode: () => Buffer.from([3, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6]) }),
      /4 bytes .*; got more/,
    );
  });

  it('whose bytes hold their first bit lowest is read so', async () => {
    const reversed = (bytes: Buffer): Buffer =>
      bytes.map((byte) => Number.parseInt([...byte.toString(2).padStart(8, '0')].reverse().join(''), 2)) as Buffer;
    const packed = Buffer.from([0xc1, 7]); // 64 times the same, in each row
    const page = set(GRAY, [TAG.fillOrder, short(2)]);
    const encode = (block: Buffer): Buffer => reversed(deflateSync(block));
    await sound(tiffOf({ ...page, compression: COMPRESSION.deflate, encode }));
    const rows = (_block: Buffer, count: number): Buffer => reversed(Buffer.concat(Array(count).fill(packed)));
    await sound(tiffOf({ ...page, compression: COMPRESSION.packBits, encode: rows }));
    await refused(tiffOf({ ...GRAY, compression: COMPRESSION.deflate, encode }), /whole Deflate data/);
  });

  describe('of CCITT', () => {
    /** Rows of eight white pixels: of runs, of no difference, or marked by an end of line. */
    const fax = (
      bits: string,
      { compression, options = 0, order = 1 }: { compression: number; options?: number; order?: number },
    ): Buffer =>
      tiffOf({
        ...set(
          { width: 8, height: 3, samples: 1, bits: 1, photometric: 0, compression },
          [TAG.groupThreeOptions, { type: 'long', values: [options] }],
          [TAG.fillOrder, short(order)],
        ),
        encode: () =>
          Buffer.from(
            (bits.match(/.{1,8}/g) ?? []).map((byte) =>
              Number.parseInt(order === 2 ? [...byte.padEnd(8, '0')].reverse().join('') : byte.padEnd(8, '0'), 2),
            ),
          ),
      });
    const EIGHT_WHITE = '10011';
    const EOL = '000000000001';

    it('is accepted in each of its codings', async () => {
      const aligned = EIGHT_WHITE.padEnd(8, '0');
      await sound(fax(aligned.repeat(3), { compression: COMPRESSION.faxRows }), 'rows');
      await sound(fax((EOL + EIGHT_WHITE).repeat(3), { compression: COMPRESSION.faxGroup3 }), 'group 3');
      await sound(fax((EOL + EIGHT_WHITE).repeat(3), { compression: COMPRESSION.faxGroup3, order: 2 }), 'reversed');
      await sound(
        fax(`${EOL}1${EIGHT_WHITE}${EOL}01${EOL}01`, { compression: COMPRESSION.faxGroup3, options: 1 }),
        'mixed',
      );
      await sound(fax('111', { compression: COMPRESSION.faxGroup4 }), 'group 4');
      // Three black pixels by a horizontal code, then one to the left and one to the right of it, then none.
      await sound(
        fax(`001${'1000'}${'10'}10100111${'1'.repeat(3)}`, { compression: COMPRESSION.faxGroup4 }),
        'differences',
      );
    });

    it('is refused with a row too few, or one of another width', async () => {
      const compression = COMPRESSION.faxGroup3;
      await refused(fax('11', { compression: COMPRESSION.faxGroup4 }), /expected 3 rows in a CCITT strip .*; got 2/);
      await refused(fax(`11${EOL}${EOL}`, { compression: COMPRESSION.faxGroup4 }), /expected 3 rows .*; got 2/);
      await refused(fax((EOL + EIGHT_WHITE).repeat(2), { compression }), /expected 3 rows .*; got 2/);
      await refused(fax(`${EOL}1011`.repeat(3), { compression }), /expected 3 rows .*; got 0/); // four white
      await refused(fax(`${EOL}10100`.repeat(3), { compression }), /expected 3 rows .*; got 0/); // nine white
    });
  });

  it('is refused by the name of a kind that is not shown', async () => {
    const kinds: readonly (readonly [TiffPage, RegExp])[] = [
      [{ ...PAGE, compression: 6 }, /got old-style JPEG/],
      [{ ...PAGE, compression: 34_712 }, /got JPEG 2000/],
      [{ ...PAGE, compression: 50_000 }, /got Zstandard/],
      [{ ...PAGE, compression: 50_001 }, /got WebP/],
      [{ ...PAGE, compression: 12_345 }, /got compression 12345/],
      [set(PAGE, [TAG.photometric, short(32_845)]), /got LogLuv: save it as RGB/],
      [
        set({ ...PAGE, bits: 16 }, [TAG.sampleFormat, short(3, 3, 3)]),
        /unsigned integers .*|got floating-point numbers/,
      ],
      [set({ ...PAGE, bits: 16 }, [TAG.sampleFormat, short(2, 2, 2)]), /got signed integers/],
      [set(GRAY, [TAG.bitsPerSample, short(12)]), /1 or 2 or 4 or 8 or 16 bits a sample in a TIFF of gray; got 12/],
      [{ ...PAGE, photometric: PHOTOMETRIC.lab }, /16 bits a sample in a TIFF of Lab; got 8/],
      [{ ...PAGE, samples: 4 }, /RGB without further channels but transparency; got 1 more/],
      [set({ ...PAGE, samples: 4 }, [TAG.extraSamples, short(0)]), /got 1 more: save it without them/],
      [
        set({ ...PAGE, samples: 5, photometric: PHOTOMETRIC.separated }, [TAG.extraSamples, short(2)]),
        /CMYK without further channels; got 1/,
      ],
      [set({ ...PAGE, samples: 4, photometric: PHOTOMETRIC.separated }, [TAG.inkSet, short(2)]), /the inks of CMYK/],
      [
        set({ ...PAGE, photometric: PHOTOMETRIC.yCbCr }, [TAG.chromaSubsampling, short(1, 1)]),
        /YCbCr .*; got another kind/,
      ],
      [set({ ...SIZE, tile: 16 }, [TAG.planarConfiguration, short(2)]), /tiled TIFF together; got one plane for each/],
      [set({ ...PAGE, compression: COMPRESSION.lzw }, [TAG.predictor, short(3)]), /got predictor 3/],
    ];
    for (const [page, words] of kinds) await refused(tiffOf(page), words);
  });

  it('of progressive JPEGs is refused', async () => {
    const jpeg = await sharp(await testImage({ type: 'image/png', ...SIZE }))
      .jpeg({ progressive: true })
      .toBuffer();
    const page: TiffPage = {
      ...SIZE,
      photometric: PHOTOMETRIC.yCbCr,
      compression: COMPRESSION.jpeg,
      encode: () => jpeg,
    };
    await refused(tiffOf(page), /expected baseline JPEGs in a TIFF; got a progressive one/);
  });

  it('is accepted with fields in no order or twice, and refused with one of an unknown type', async () => {
    const whole = tiffOf(set(PAGE, [65_000, short(1)], [65_001, short(2)]));
    const [start, fields] = [whole.readUInt32LE(4) + 2, whole.readUInt16LE(whole.readUInt32LE(4))];
    const last = start + 12 * (fields - 1);
    const twice = Buffer.from(whole);
    whole.copy(twice, last, start, start + 12); // the width once more
    await sound(twice, 'twice');
    const unordered = Buffer.from(whole);
    whole.copy(unordered, start, last, last + 12);
    whole.copy(unordered, last, start, start + 12);
    await sound(unordered, 'unordered');
    for (const type of [99, 129]) {
      const unknown = Buffer.from(whole);
      unknown.writeUInt16LE(type, last + 2);
      await refused(unknown, new RegExp(`expected a type of TIFF in its tag 65001; got type ${type}`));
    }
  });

  it('of several pages is accepted, and refused if a later directory is cut off', async () => {
    const pages = tiffOfPages({ pages: [PAGE, GRAY, PAGE] });
    await sound(pages);
    await refused(pages.subarray(0, -1), /expected .*; got/);
  });

  describe('of a camera', () => {
    const preview = [TAG.newSubfileType, { type: 'long', values: [1] }] as const;
    const subdirectory = [TAG.subDirectories, { type: 'long', values: [8] }] as const;
    const maker = (name: string) => [TAG.make, ascii(name)] as const;
    const raw: Record<string, readonly [TiffPage, RegExp]> = {
      DNG: [
        set(PAGE, [TAG.dngVersion, { type: 'byte', values: [1, 4, 0, 0] }]),
        /an Adobe DNG raw file: export it as JPEG or TIFF$/,
      ],
      NEF: [set(PAGE, preview, subdirectory, maker('NIKON CORPORATION')), /a Nikon NEF raw file/],
      ARW: [set(PAGE, preview, subdirectory, maker('SONY')), /a Sony ARW raw file/],
      PEF: [
        set(PAGE, [TAG.photometric, short(PHOTOMETRIC.colorFilterArray)], maker('PENTAX')),
        /a Pentax PEF raw file/,
      ],
      SRW: [set(PAGE, preview, subdirectory, maker('SAMSUNG')), /a Samsung SRW raw file/],
      '3FR': [set(PAGE, preview, subdirectory, maker('Hasselblad')), /a Hasselblad 3FR raw file/],
      another: [set(PAGE, preview, subdirectory, maker('Example')), /a camera's raw file/],
    };
    for (const [name, [page, words]] of Object.entries(raw)) {
      it(`that is ${name} is refused by its name`, () => refused(tiffOf(page), words));
    }

    it('that only names its maker is accepted, and so is a small picture alone', async () => {
      await sound(tiffOf(set(PAGE, maker('NIKON CORPORATION'))));
      await sound(tiffOf(set(PAGE, preview)));
    });

    it('whose first page is a preview of another is refused', () =>
      refused(tiffOfPages({ pages: [set(PAGE, preview), PAGE] }), /got a preview of another page/));

    it('whose later page is a preview is accepted', () => sound(tiffOfPages({ pages: [PAGE, set(PAGE, preview)] })));
  });
});

const FOLDER = process.env['PICTURES_DIR'];
const NO_PICTURES = FOLDER ? false : 'set PICTURES_DIR to a folder of pictures with a README.md to run it';

/** As they are, or why not. */
const PICTURES: Readonly<Record<string, RegExp | undefined>> = {
  '1bit.tif': undefined,
  '4bit.tif': undefined,
  '8bit_depth.tiff': undefined,
  'Arbitro.tiff': undefined,
  'BSG1.tiff': undefined,
  'G31D.TIF': undefined,
  'G31D_MULTI.TIF': undefined,
  'Jobagent.tiff': undefined,
  'Tless0.tiff': undefined,
  'cielab-dagams.tiff': undefined,
  'fogra-0-100-100-0.tif': undefined,
  'ojpeg-strip.tif': /got old-style JPEG \(6\)/, // libvips' libtiff has no decoder for it
  'sample.tif': undefined,
};

describe('the TIFFs of PICTURES_DIR', { skip: NO_PICTURES }, () => {
  for (const [name, words] of Object.entries(PICTURES)) {
    it(`${name} is ${words ? 'refused by its name' : 'accepted'}`, async () => {
      const bytes = await readFile(join(FOLDER ?? '', 'tiff', name));
      if (words) await refused(bytes, words);
      else await sound(bytes);
    });
  }
});
