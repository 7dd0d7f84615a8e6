import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import sharp from 'sharp';
import {
  type AvifItem,
  type AvifOptions,
  avifFile,
  box,
  gridData,
  type Part,
  streamOf,
  uint,
  unitsOf,
} from '../../../../../../test/pictures/avif-bytes.ts';
import { DEFAULT_LIMITS } from '../../limits.ts';
import { refusalOf } from './inspection.fixture.ts';

const SIZE = { width: 64, height: 64 };

describe('an AVIF file', () => {
  /** The AV1 data of one picture, and of its alpha. */
  let color: Buffer;
  let alpha: Buffer;
  let whole: Buffer;
  before(async () => {
    const raw = { ...SIZE, channels: 3 as const };
    whole = await sharp(randomBytes(SIZE.width * SIZE.height * 3), { raw })
      .avif({ effort: 0 })
      .toBuffer();
    color = whole.subarray(whole.indexOf('mdat') + 4);
    const gray = await sharp(randomBytes(SIZE.width * SIZE.height), { raw: { ...SIZE, channels: 1 } })
      .toColorspace('b-w')
      .avif({ effort: 0 })
      .toBuffer();
    alpha = gray.subarray(gray.indexOf('mdat') + 4);
  });

  const refusal = (bytes: Uint8Array, limits = {}): Promise<string | undefined> =>
    refusalOf(bytes, 'image/avif', limits);
  const ready = async (bytes: Uint8Array): Promise<void> => assert.equal(await refusal(bytes), undefined);
  const refused = async (bytes: Uint8Array, detail: RegExp, limits = {}): Promise<void> =>
    assert.match((await refusal(bytes, limits)) ?? 'ready', detail);

  const picture = (parts: readonly Part[], size = SIZE): AvifItem => ({ type: 'av01', size, parts });
  const all = (data: Buffer): readonly Part[] => [{ at: 0, sizeBytes: data.length }];
  const single = (data: Buffer, options?: AvifOptions): Buffer => avifFile([picture(all(data))], data, options);

  /** A grid whose tiles all use the same data, stored after the data of the grid. */
  const grid = (columns: number, rows: number, tile = SIZE): Buffer => {
    const size = { width: columns * tile.width, height: rows * tile.height };
    const head = gridData(columns, rows, size);
    const tiles = Array.from({ length: columns * rows }, (_, place) =>
      picture([{ at: head.length + place * color.length, sizeBytes: color.length }], tile),
    );
    const to = tiles.map((_, place) => place + 2);
    const first: AvifItem = { type: 'grid', size, parts: all(head), references: { type: 'dimg', to } };
    return avifFile([first, ...tiles], Buffer.concat([head, ...tiles.map(() => color)]));
  };

  it('from an encoder is sound, with 8, 10 and 12 bits, with any subsampling, and lossless', async () => {
    await ready(whole);
    const noise = () => sharp(randomBytes(65 * 33 * 4), { raw: { width: 65, height: 33, channels: 4 } });
    for (const bitdepth of [8, 10, 12] as const) await ready(await noise().avif({ bitdepth, effort: 0 }).toBuffer());
    await ready(await noise().avif({ chromaSubsampling: '4:2:0', effort: 0 }).toBuffer());
    await ready(await noise().removeAlpha().avif({ lossless: true, effort: 0 }).toBuffer());
    await ready(await noise().withMetadata({ orientation: 6 }).avif({ effort: 2 }).toBuffer());
    await ready(await noise().withIccProfile('p3').avif({ effort: 0 }).toBuffer());
  });

  it('with one picture, a grid, several parts or bytes after its end is sound', async () => {
    await ready(single(color));
    await ready(grid(3, 2));
    const parts = [0, 1, 2].map((place) => ({
      at: Math.floor((place * color.length) / 3),
      sizeBytes: Math.floor(((place + 1) * color.length) / 3) - Math.floor((place * color.length) / 3),
    }));
    await ready(avifFile([picture(parts)], color));
    await ready(Buffer.concat([single(color), Buffer.alloc(65_536)]));
    await ready(single(color, { after: [box('free', Buffer.alloc(300))], before: [box('skip')] }));
  });

  it('with alpha is sound', async () => {
    const alphaItem: AvifItem = {
      ...picture([{ at: color.length, sizeBytes: alpha.length }]),
      references: { type: 'auxl', to: [1] },
    };
    await ready(avifFile([picture(all(color)), alphaItem], Buffer.concat([color, alpha])));
  });

  it('with other channel depths than its pictures is refused, since browsers do not show it', async () => {
    const depths = whole.indexOf('pixi') + 9;
    assert.deepEqual([...whole.subarray(depths - 1, depths + 3)], [3, 8, 8, 8]);
    const other = Buffer.from(whole);
    other[depths + 1] = 10;
    await refused(other, /^expected 8 bits in every channel of its pixi box, as in its av1C box in an AVIF; got 10$/);
  });

  it('that is a sequence is refused with advice', async () => {
    const detail =
      /^expected an AVIF of one picture; got an AVIF image sequence: convert it to an animated WebP or a GIF$/;
    await refused(single(color, { brand: 'avis' }), detail);
    for (const type of ['moov', 'moof']) {
      await refused(single(color, { before: [box(type, Buffer.alloc(99))] }), detail);
      await refused(single(color, { after: [box(type, Buffer.alloc(99))] }), detail);
    }
  });

  it('whose picture has too many frames is refused by their count, since all are decoded and one is shown', async () => {
    const [delimiter, header, frame] = unitsOf(color);
    assert.ok(delimiter && header && frame);
    const frames = (count: number): Buffer => streamOf([delimiter, header, ...Array<typeof frame>(count).fill(frame)]);
    await ready(single(frames(2)));
    await ready(single(frames(4)));
    await refused(single(frames(5)), /^expected at most 4 frames in a picture of an AVIF; got 5$/);
    await refused(single(frames(400)), /^expected at most 4 frames in a picture of an AVIF; got 400$/);
    await refused(single(frames(3)), /pixels in all tiles, alpha and layers/, { maxCodedPixels: 3 * 4_096 - 1 });
  });

  it('with many tiles is refused by their total number of pixels, before decoding', async () => {
    await refused(grid(3, 2), /at most 24,575 pixels in all tiles, alpha and layers of an AVIF; got more$/, {
      maxCodedPixels: 6 * 4_096 - 1,
    });
    const tile: AvifItem = picture([{ at: 8, sizeBytes: color.length }]);
    const size = { width: 1_600, height: 640 };
    const references = { type: 'dimg', to: Array<number>(250).fill(2) } as const;
    const repeated = avifFile(
      [{ type: 'grid', size, parts: [{ at: 0, sizeBytes: 8 }], references }, tile],
      Buffer.concat([gridData(25, 10, size), color]),
    );
    await refused(repeated, /pixels in all tiles/, { maxCodedPixels: 100 * 4_096 });
    const none: AvifItem = { type: 'grid', size, parts: [{ at: 0, sizeBytes: 8 }] };
    await refused(avifFile([none], gridData(1, 1, size)), /^expected tiles in the grid of an AVIF; got none$/);
  });

  it('whose AV1 data has another size than its boxes say is refused', async () => {
    const small = avifFile([picture(all(color), { width: 8, height: 8 })], color);
    await refused(small, /^expected a picture of 8 x 8 in an AVIF, as it says before; got one of 64 x 64$/);
    await refused(avifFile([{ type: 'av01', size: null, parts: all(color) }], color), /a picture of a size in an AVIF/);
  });

  it('with too many pixels is refused by the size in its AV1 data, regardless of its boxes', async () => {
    await refused(single(color), /at most 4,095 pixels in an AVIF; got 64 x 64$/, {
      maxPixels: { ...DEFAULT_LIMITS.maxPixels, 'image/avif': 4_095 },
    });
  });

  it('whose data is outside the file, or used more than once, is refused', async () => {
    const beyond = [{ at: 0, sizeBytes: color.length + 1 }];
    await refused(avifFile([picture(beyond)], color), /inside an AVIF; got some that goes beyond$/);
    await refused(
      avifFile([picture([{ at: 2 ** 31, sizeBytes: 9 }])], color),
      /inside an AVIF; got some that goes beyond$/,
    );
    const overlapping = Array.from({ length: 30 }, () => picture(all(color)));
    await refused(
      avifFile(overlapping, color),
      /^expected items of at most [\d,]+ bytes, which the AVIF has; got [\d,]+$/,
    );
    const parts = Array.from({ length: 33 }, () => ({ at: 0, sizeBytes: 1 }));
    await refused(avifFile([picture(parts)], color), /at most 32 parts of an item in an AVIF; got more$/);
  });

  it('with too many items, properties or boxes is refused by their count', async () => {
    const exif: AvifItem = { type: 'Exif', size: null, parts: [{ at: 0, sizeBytes: 8 }] };
    const items = (count: number): Buffer =>
      avifFile([picture(all(color)), ...Array<AvifItem>(count - 1).fill(exif)], color);
    await ready(items(50));
    await refused(items(1_001), /at most 1,000 items in an AVIF; got more$/);
    const properties = Array<Buffer>(2_000).fill(box('pixi', Buffer.alloc(5)));
    await refused(single(color, { properties }), /at most 2000 boxes that fill the box they are in in an AVIF; got/);
    await refused(single(color, { inMeta: Array<Buffer>(100).fill(box('free')) }), /at most 64 boxes/);
    await refused(single(color, { after: Array<Buffer>(1_000).fill(box('free')) }), /at most 1,000 boxes in an AVIF/);
    await refused(
      single(color, { inMeta: [box('free', Buffer.alloc(5_000_000))] }),
      /at most 4,194,304 bytes in the meta/,
    );
  });

  it('with a second meta box, an invalid primary item or none is refused', async () => {
    const meta = box('meta', Buffer.alloc(4));
    await refused(single(color, { after: [meta] }), /^expected one meta box in an AVIF; got another$/);
    await refused(box('ftyp', Buffer.from('avif\0\0\0\0avifmif1')), /^expected a meta box in an AVIF; got none$/);
    await refused(
      avifFile([{ type: 'iden', size: SIZE, parts: [] }], color),
      /as the primary item of an AVIF; got another/,
    );
    const twice = single(color, { inMeta: [box('pitm', uint(4, 0), uint(2, 1))] });
    await refused(twice, /^expected one pitm box in an AVIF; got more$/);
  });

  it('that is truncated is refused, even if all lengths are repaired', async () => {
    for (const lost of [1, 8, 100, whole.length - 300]) {
      await refused(whole.subarray(0, -lost), /^expected an AVIF of whole boxes; got one that is cut off$/);
    }
    await refused(Buffer.concat([single(color), Buffer.from('\0\0\0\x40free')]), /got one that is cut off$/);
    const [delimiter, header, frame] = unitsOf(color);
    assert.ok(delimiter && header && frame);
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const data = frame.data.subarray(0, Math.floor(frame.data.length * share));
      await refused(single(streamOf([delimiter, header, { ...frame, data }])), /; got /);
    }
    await refused(
      single(color.subarray(0, -1)),
      /AV1 data from the first to the last byte of a picture in an AVIF; got/,
    );
    await refused(single(streamOf([delimiter, header])), /AV1 data from the first to the last byte/);
    await refused(single(randomBytes(500)), /; got /);
  });

  it('with more than 64 KB after its end is refused', async () => {
    await refused(
      Buffer.concat([single(color), Buffer.alloc(65_537)]),
      /^expected at most 65,536 bytes after the end of the image; got 65,537$/,
    );
  });
});
