import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { type GifShape, gifOf, subBlocks } from '../../../../../../test/pictures/gif-bytes.ts';
import {
  EOI,
  type FlatJpeg,
  flatJpeg,
  frameHeader,
  huffman,
  jpegOfScans,
  quantization,
  SOI,
  scanHeader,
  segment,
} from '../../../../../../test/pictures/jpeg-bytes.ts';
import {
  bigText,
  blackPng,
  chunk,
  IEND,
  pixelBytes,
  pngHeader,
  pngOf,
} from '../../../../../../test/pictures/png-bytes.ts';
import { testImage } from '../../../../../../test/pictures/test-images.ts';
import type { MediaType } from '../../../domain/image/media-type.ts';
import type { Inspection } from '../../imaging.ts';
import { DEFAULT_LIMITS, type Limits } from '../../limits.ts';
import { inspect } from '../inspect.ts';

const SIZE = { width: 61, height: 43 };

describe('in the structure check', () => {
  let folder: string;
  let uploads = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'structure-'));
  });
  after(() => rm(folder, { recursive: true }));

  const inspectBytes = async (
    bytes: Uint8Array,
    declaredType: MediaType,
    limits: Partial<Limits> = {},
  ): Promise<Inspection> => {
    const path = join(folder, `upload-${uploads++}`); // libvips caches by name
    await writeFile(path, bytes);
    const inspection = await inspect({ path, declaredType, limits: { ...DEFAULT_LIMITS, ...limits } });
    return inspection;
  };

  const sound = async (bytes: Uint8Array, type: MediaType, limits?: Partial<Limits>): Promise<void> => {
    assert.deepEqual((await inspectBytes(bytes, type, limits)).outcome, 'sound');
  };

  const refused = async (
    bytes: Uint8Array,
    type: MediaType,
    words: RegExp,
    limits?: Partial<Limits>,
  ): Promise<void> => {
    const inspection = await inspectBytes(bytes, type, limits);
    assert.ok(inspection.outcome === 'refused', `accepted what should be refused by ${words}`);
    assert.match(inspection.rejection.detail, words);
  };

  describe('a JPEG', () => {
    const jpeg = (shape: Partial<FlatJpeg> = {}): Buffer => flatJpeg({ ...SIZE, sampling: [[1, 1]], ...shape });
    const refusedJpeg = (bytes: Buffer, words: RegExp, limits?: Partial<Limits>) =>
      refused(bytes, 'image/jpeg', words, limits);

    const encoders: Record<string, object> = {
      baseline: {},
      'baseline of 4:4:4': { chromaSubsampling: '4:4:4' },
      progressive: { progressive: true },
      'of optimized scans': { mozjpeg: true },
    };
    for (const [name, options] of Object.entries(encoders)) {
      it(`that is ${name}, cut anywhere and ended by EOI, is refused`, async () => {
        const png = await testImage({ type: 'image/png', width: 203, height: 151 });
        const whole = await sharp(png).jpeg(options).toBuffer();
        await sound(whole, 'image/jpeg');
        const start = whole.indexOf(Buffer.from([0xff, 0xda]));
        const cuts = Array.from({ length: 30 }, (_, step) => start + Math.floor((step * (whole.length - start)) / 30));
        for (const end of [...cuts, ...[3, 4, 5, 6, 9, 20].map((back) => whole.length - back)]) {
          await refusedJpeg(Buffer.concat([whole.subarray(0, end), EOI]), /./);
        }
      });
    }

    for (const [name, options] of Object.entries(encoders))
      it(`that is ${name} is cut off, wherever it ends`, async () => {
        const png = await testImage({ type: 'image/png', width: 203, height: 151 });
        const whole = await sharp(png).jpeg(options).toBuffer();
        for (const share of [0.2, 0.5, 0.7, 0.9, 0.99]) {
          const inspection = await inspectBytes(whole.subarray(0, Math.floor(whole.length * share)), 'image/jpeg');
          assert.ok(inspection.outcome === 'refused');
          assert.match(inspection.rejection.detail, /cut off$/);
          assert.deepEqual(inspection.rejection.params, { reason: 'cut-off' });
        }
      });

    it('without scan data is refused, even if it claims 8192x6400', async () => {
      await refusedJpeg(
        jpeg({ width: 8_192, height: 6_400, units: 0 }),
        /expected 819,200 coded units in a scan .* got 0/,
      );
      await refusedJpeg(
        Buffer.concat([SOI, frameHeader({ process: 0xc0, ...SIZE }), EOI]),
        /expected a scan in a JPEG; got none/,
      );
    });

    it('whose frame header claims one row of units too many is refused', async () => {
      await sound(jpeg({ units: 48 }), 'image/jpeg');
      await refusedJpeg(jpeg({ units: 44 }), /expected 48 coded units in a scan of a JPEG; got 44: it is cut off$/);
      await refusedJpeg(jpeg({ restartInterval: 8, units: 40 }), /expected 48 coded units in a scan of a JPEG; got 40/);
    });

    it('that lacks the scan of a component is refused', async () => {
      const sampling = [
        [1, 1],
        [1, 1],
        [1, 1],
      ] as const;
      const whole = jpeg({ sampling, isApart: true });
      const lastScan = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
      await sound(whole, 'image/jpeg');
      await refusedJpeg(Buffer.concat([whole.subarray(0, lastScan), EOI]), /expected scans of every component/);
    });

    it('that lacks its last scans is refused, even if the others are whole', async () => {
      const [few, all] = [jpegOfScans(30, SIZE), jpegOfScans(883, SIZE)];
      await refusedJpeg(few, /expected scans of every bit of every coefficient of a JPEG; got fewer/);
      await sound(all, 'image/jpeg');
    });

    it('with restart markers in a wrong order is refused', async () => {
      const whole = jpeg({ restartInterval: 8 });
      const changed = Buffer.from(whole);
      changed[whole.indexOf(Buffer.from([0xff, 0xd1])) + 1] = 0xd2;
      await refusedJpeg(changed, /expected 48 coded units in a scan of a JPEG; got 16 and then corrupt data/);
    });

    it('of a process that browsers do not show is refused by its name', async () => {
      const names: [number, RegExp][] = [
        [0xc3, /got lossless/],
        [0xc5, /got hierarchical/],
        [0xc9, /got arithmetic coding/],
        [0xca, /got arithmetic coding/],
      ];
      for (const [process, words] of names) await refusedJpeg(jpeg({ process }), words);
      const deep = frameHeader({ process: 0xc1, ...SIZE, precision: 12 });
      await refusedJpeg(Buffer.concat([SOI, deep, EOI]), /expected a JPEG of 8 bits a sample; got 12/);
      await refusedJpeg(jpeg({ height: 0 }), /height in the JPEG frame header; got 0, which leaves it to a DNL marker/);
    });

    it('with a second frame header or another SOI inside is refused', async () => {
      const frame = frameHeader({ process: 0xc0, ...SIZE });
      await refusedJpeg(jpeg({ extra: [frame] }), /expected one frame header in a JPEG; got another/);
      await refusedJpeg(jpeg({ extra: [SOI] }), /expected one SOI marker in a JPEG; got another/);
    });

    it('with more pixels in all scans than allowed is refused', async () => {
      const size = { width: 64, height: 64 };
      const scanned = 64 * 64 * 883;
      await sound(jpegOfScans(883, size), 'image/jpeg', { maxScanPixels: scanned });
      await refusedJpeg(jpegOfScans(883, size), /expected at most 3,616,767 pixels in all scans/, {
        maxScanPixels: scanned - 1,
      });
      await refusedJpeg(
        jpegOfScans(700, { width: 8_192, height: 6_400 }),
        /1,677,721,600 pixels in all scans of a JPEG/,
      );
    });

    it('with 4,096 segments is accepted, and with one more refused', async () => {
      const comments = (count: number) =>
        jpeg({ extra: Array.from({ length: count }, () => segment(0xfe, Buffer.alloc(0))) });
      const others = 5; // tables, frame and scan
      await sound(comments(4_096 - others), 'image/jpeg');
      await refusedJpeg(comments(4_097 - others), /expected at most 4,096 segments in a JPEG; got more/);
    });

    it('with 8 MB of metadata is accepted, and with more refused', async () => {
      const largest = segment(0xe1, Buffer.alloc(65_532, 65)); // 64 KB with its marker and length
      const metadata = (count: number, more: readonly Buffer[] = []) =>
        jpeg({ extra: [...Array.from({ length: count }, () => largest), ...more] });
      await sound(metadata(127, [segment(0xfe, Buffer.alloc(65_000))]), 'image/jpeg');
      const words = /expected at most 8,388,608 bytes of metadata in a JPEG; got more/;
      await refusedJpeg(metadata(128, [segment(0xfe, Buffer.alloc(65_000))]), words);
    });

    it('with 16 MB after its end is accepted, and with one byte more refused', async () => {
      const bytes = 16 * 1_048_576;
      await sound(Buffer.concat([jpeg(), Buffer.alloc(bytes)]), 'image/jpeg');
      await refusedJpeg(
        Buffer.concat([jpeg(), Buffer.alloc(bytes + 1)]),
        /at most 16,777,216 bytes after the end of the image; got 16,777,217/,
      );
    });

    it('with invalid Huffman tables is refused', async () => {
      const table = segment(0xc4, Buffer.from([0, 3, ...Array.from({ length: 15 }, () => 0), 1, 2, 3]));
      const parts = [SOI, quantization(), frameHeader({ process: 0xc0, ...SIZE }), table, huffman(1, 0)];
      const scan = [scanHeader({ from: 0, to: 63, high: 0, low: 0 }), Buffer.alloc(100), EOI];
      await refusedJpeg(Buffer.concat([...parts, ...scan]), /expected Huffman tables that are whole/);
    });
  });

  describe('a PNG', () => {
    const refusedPng = (bytes: Buffer, words: RegExp, limits?: Partial<Limits>) =>
      refused(bytes, 'image/png', words, limits);
    const pixels = chunk('IDAT', deflateSync(Buffer.alloc(pixelBytes(SIZE))));
    const withWrongCrc = (bytes: Buffer, type: string): Buffer => {
      const changed = Buffer.from(bytes);
      const at = changed.indexOf(type) + 4 + changed.readUInt32BE(changed.indexOf(type) - 4);
      changed[at] = (changed[at] ?? 0) ^ 1;
      return changed;
    };

    for (const type of ['IHDR', 'PLTE', 'IDAT', 'IEND']) {
      it(`with a wrong CRC of ${type} is refused`, async () => {
        const bytes = blackPng({ ...SIZE, depth: 8, colors: 3 });
        await sound(bytes, 'image/png');
        await refusedPng(
          withWrongCrc(bytes, type),
          new RegExp(`expected a PNG whose ${type} chunk has the CRC of its bytes`),
        );
      });
    }

    for (const isInterlaced of [false, true]) {
      it(`whose rows end early is refused${isInterlaced ? ', interlaced' : ''}`, async () => {
        const shapes = [
          [0, 1],
          [0, 16],
          [2, 8],
          [3, 4],
          [4, 8],
          [6, 16],
        ] as const;
        for (const [colors, depth] of shapes) {
          const shape = { ...SIZE, depth, colors, isInterlaced };
          const palette = colors === 3 ? [chunk('PLTE', Buffer.alloc(3))] : [];
          for (const missing of [1, 9, 100]) {
            const rows = deflateSync(Buffer.alloc(pixelBytes(shape) - missing));
            await refusedPng(pngOf(pngHeader(shape), ...palette, chunk('IDAT', rows)), /decodes to its end/);
          }
        }
      });
    }

    it('that is animated is refused with advice', async () => {
      const control = (frames: number) => chunk('acTL', Buffer.from([0, 0, 0, frames, 0, 0, 0, 0]));
      const words = /expected a PNG of one frame; got an animated PNG: convert it to an animated WebP or a GIF/;
      await refusedPng(blackPng(SIZE, [control(2)]), words);
      await refusedPng(pngOf(pngHeader(SIZE), pixels, chunk('fdAT', Buffer.alloc(40, 7))), words);
      await sound(blackPng(SIZE, [control(1)]), 'image/png');
    });

    it('with missing, repeated, unknown or misplaced chunks is refused', async () => {
      const palette = chunk('PLTE', Buffer.alloc(6));
      const cases: [Buffer, RegExp][] = [
        [pngOf(pixels), /begins with its IHDR chunk; got IDAT/],
        [pngOf(chunk('CgBI', Buffer.alloc(4)), pngHeader(SIZE), pixels), /begins with its IHDR chunk; got CgBI/],
        [pngOf(pngHeader(SIZE), pngHeader(SIZE), pixels), /one IHDR chunk/],
        [pngOf(pngHeader(SIZE)), /expected an IDAT chunk in a PNG; got none/],
        [
          pngOf(pngHeader(SIZE), pixels, chunk('tEXt', Buffer.from('a\0b')), pixels),
          /IDAT chunks of a PNG one after the other/,
        ],
        [pngOf(pngHeader({ ...SIZE, colors: 3 }), pixels), /PLTE chunk in a PNG of a palette; got none/],
        [pngOf(pngHeader(SIZE), palette, palette, pixels), /one PLTE chunk/],
        [pngOf(pngHeader(SIZE), pixels, palette), /PLTE chunk of a PNG before its pixels/],
        [pngOf(pngHeader(SIZE), chunk('PLTE', Buffer.alloc(7)), pixels), /1 to 256 colors of 3 bytes .* got 7 bytes/],
        [pngOf(pngHeader(SIZE), chunk('WHAT', Buffer.alloc(7)), pixels), /critical PNG chunk that is known; got WHAT/],
        [pngOf(pngHeader(SIZE), chunk('a1b2', Buffer.alloc(7)), pixels), /four letters/],
        [pngOf(pngHeader({ ...SIZE, colors: 2, depth: 4 }), pixels), /got type 2 with 4 bits/],
      ];
      for (const [bytes, words] of cases) await refusedPng(bytes, words);
    });

    it('with a chunk that is longer than the file is refused', async () => {
      const bytes = blackPng(SIZE);
      bytes.writeUInt32BE(0xffff_fff0, bytes.indexOf('IDAT') - 4);
      await refusedPng(bytes, /cut off/);
    });

    it('with 100,000 chunks is accepted, and with one more refused', async () => {
      const chunks = (count: number) => blackPng(SIZE, [Buffer.alloc(count * 12, chunk('prVt', Buffer.alloc(0)))]);
      await sound(chunks(100_000 - 3), 'image/png');
      await refusedPng(chunks(100_000 - 2), /expected at most 100,000 chunks in a PNG; got more/);
    });

    it('whose texts inflate to more than 16 MB is refused, even if they are corrupt', async () => {
      const text = (bytes: number) => bigText(bytes);
      const words = /expected at most 16,777,216 bytes of compressed texts and profile in a PNG; got more/;
      const half = 8 * 1_048_576;
      await sound(blackPng(SIZE, [text(half), text(half)]), 'image/png');
      await refusedPng(blackPng(SIZE, [text(half), text(half + 1)]), words);
      const broken = chunk('iCCP', Buffer.concat([Buffer.from('profile\0\0'), Buffer.alloc(20_000, 0xff)]));
      await refusedPng(blackPng(SIZE, [broken]), words);
      const international = chunk(
        'iTXt',
        Buffer.concat([Buffer.from('Title\0\x01\0en\0Titel\0'), deflateSync(Buffer.alloc(2 * half + 1))]),
      );
      await refusedPng(blackPng(SIZE, [international]), words);
    });

    it('with 8 MB of metadata is accepted, and with one byte more refused', async () => {
      const metadata = (type: string, head: string, bytes: number) =>
        chunk(type, Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(bytes - head.length, 65)]));
      const exif = metadata('eXIf', 'MM\0*\0\0\0\x08\0\0', 4_194_304);
      await sound(blackPng(SIZE, [exif, metadata('tEXt', 'Title\0', 4_194_304)]), 'image/png');
      const words = /expected at most 8,388,608 bytes of metadata in a PNG; got more/;
      await refusedPng(blackPng(SIZE, [exif, metadata('tEXt', 'Title\0', 4_194_305)]), words);
    });

    it('with more than 200 MB of pixels is refused if it is interlaced, and accepted if not', async () => {
      const shape = { width: 8_192, height: 6_400, depth: 16, colors: 2 };
      await sound(blackPng(shape), 'image/png');
      const words =
        /expected at most 209,715,200 bytes of pixels in an interlaced PNG; got 314,572,800: save it without/;
      await refusedPng(blackPng({ ...shape, isInterlaced: true }), words);
    });

    it('with more than 64 KB after its end is refused', async () => {
      await sound(Buffer.concat([blackPng(SIZE), Buffer.alloc(65_536)]), 'image/png');
      await refusedPng(Buffer.concat([blackPng(SIZE), Buffer.alloc(65_537)]), /at most 65,536 bytes after the end/);
    });

    it('that ends within its last chunk is refused', async () => {
      const bytes = blackPng(SIZE);
      for (let back = 1; back <= IEND.length; back++)
        await refusedPng(bytes.subarray(0, -back), /ends with its IEND chunk/);
    });
  });

  describe('a GIF', () => {
    const gif = (shape: Partial<GifShape> = {}): Buffer => gifOf({ ...SIZE, frames: [SIZE], ...shape });
    const refusedGif = (bytes: Buffer, words: RegExp, limits?: Partial<Limits>) =>
      refused(bytes, 'image/gif', words, limits);

    it('with an incomplete frame is refused, be it the first or a later one', async () => {
      const short = { ...SIZE, pixels: 61 * 43 - 1 };
      await sound(gif({ frames: [SIZE, SIZE] }), 'image/gif');
      await refusedGif(gif({ frames: [short] }), /expected 2,623 pixels in a GIF's frame 1; got 2,622/);
      await refusedGif(gif({ frames: [SIZE, short] }), /expected 2,623 pixels in a GIF's frame 2; got 2,622/);
    });

    it('from an encoder with a truncated last sub-block is refused', async () => {
      const whole = await testImage({ type: 'image/gif', width: 90, height: 70 });
      await sound(whole, 'image/gif');
      for (const cut of [3, 20, 100]) {
        // The last sub-block ends before the terminator and the trailer.
        let at = whole.length - 2;
        while (!(at + 1 + (whole[at] ?? 0) === whole.length - 2)) at--;
        const kept = Math.max(0, (whole[at] ?? 0) - cut);
        const shorter = [whole.subarray(0, at), Buffer.from([kept]), whole.subarray(at + 1, at + 1 + kept)];
        await refusedGif(Buffer.concat([...shorter, Buffer.from([0, 0x3b])]), /expected 6,300 pixels|GIF/);
      }
    });

    it('with a frame outside its canvas is refused, even by a single column or row', async () => {
      const inside = { left: 41, top: 33, width: 20, height: 10 };
      await sound(gif({ frames: [inside] }), 'image/gif');
      const words = /expected a GIF's frame 1 inside its 61 x 43 pixels; got one that goes beyond/;
      await refusedGif(gif({ frames: [{ ...inside, left: 42 }] }), words);
      await refusedGif(gif({ frames: [{ ...inside, top: 34 }] }), words);
    });

    it('without pixels is refused', async () => {
      await refusedGif(gif({ frames: [] }), /expected a frame in a GIF; got none/);
      await refusedGif(
        gif({ frames: [{ width: 0, height: 5 }] }),
        /expected a GIF's frame 1 to have pixels; got 0 x 5/,
      );
      await refusedGif(gif({ width: 0 }), /expected a GIF of at least one pixel; got 0 x 43/);
    });

    it('without its trailer is refused, even if its frames are whole', async () => {
      await refusedGif(gif().subarray(0, -1), /expected a GIF that ends with its trailer; got one that is cut off/);
    });

    it('with other bytes between its blocks is refused, since decoders drop the frames after them', async () => {
      const [first] = [gif().subarray(0, -1)];
      const second = gif().subarray(25);
      await refusedGif(
        Buffer.concat([first, Buffer.from([0]), second]),
        /expected an image, an extension or the trailer/,
      );
    });

    it('with a graphic control extension of another size is refused, since browsers do not show it', async () => {
      const control = (...sizes: readonly number[]) =>
        gif({
          extra: Buffer.concat([
            Buffer.from([0x21, 0xf9]),
            ...sizes.map((size) => Buffer.alloc(1 + size, size)),
            Buffer.alloc(1),
          ]),
        });
      const words = /^expected 4 bytes in a graphic control extension of a GIF; got more or fewer$/;
      await refusedGif(control(3), words);
      await refusedGif(control(5), words);
      await refusedGif(control(4, 4), words);
      await refusedGif(control(), words);
    });

    it('with a million sub-blocks is accepted, and with one more refused', async () => {
      const comment = (count: number) => {
        const data = Buffer.concat([Buffer.from([0x21, 0xfe]), subBlocks(Buffer.alloc(count, 65), 1)]);
        return gif({ frames: [{ width: 1, height: 1 }], extra: data });
      };
      await sound(comment(1_000_000 - 1), 'image/gif');
      await refusedGif(comment(1_000_000), /expected at most 1,000,000 sub-blocks in a GIF; got more/);
    });

    it('with 20,000 extensions is accepted, and with one more refused', async () => {
      const extensions = (count: number) => gif({ extra: Buffer.alloc(count * 3, Buffer.from([0x21, 0xfe, 0])) });
      await sound(extensions(20_000), 'image/gif');
      await refusedGif(extensions(20_001), /expected at most 20,000 extensions in a GIF; got more/);
    });

    it('with too many or too large frames is refused before decoding', async () => {
      const frames = (count: number) => Array.from({ length: count }, () => ({ width: 1, height: 1 }));
      await refusedGif(gif({ frames: frames(5_001) }), /expected at most 5,000 frames; got 5,001/);
      const large = gif({ width: 4_096, height: 2_560, frames: frames(11) });
      await refusedGif(large, /expected at most 104,857,600 pixels in all frames; got 11 of 4,096 x 2,560/);
    });

    it('with more than 64 KB after its trailer is refused', async () => {
      await sound(Buffer.concat([gif(), Buffer.alloc(65_536)]), 'image/gif');
      await refusedGif(Buffer.concat([gif(), Buffer.alloc(65_537)]), /at most 65,536 bytes after the end/);
    });
  });
});
