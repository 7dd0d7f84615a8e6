import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { GIF_TRAILER, gifOf } from '../../../../test/pictures/gif-bytes.ts';
import { adobe, flatJpeg, segment } from '../../../../test/pictures/jpeg-bytes.ts';
import { bigText, blackPng, chunk, pixelBytes, pngHeader, pngOf } from '../../../../test/pictures/png-bytes.ts';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { MediaType } from '../../src/domain/image/media-type.ts';

export interface OddImage {
  readonly kind: string;
  readonly type: MediaType;
  make(): Promise<Buffer> | Buffer;
}

const SIZE = { width: 61, height: 43 };

const rgb = async () => sharp(await testImage({ type: 'image/png', ...SIZE }));
const clear = async () => sharp(await (await rgb()).ensureAlpha(0.4).png().toBuffer());

const jpeg = (kind: string, make: OddImage['make']): OddImage => ({ kind: `a JPEG ${kind}`, type: 'image/jpeg', make });
const png = (kind: string, make: OddImage['make']): OddImage => ({ kind: `a PNG ${kind}`, type: 'image/png', make });
const gif = (kind: string, make: OddImage['make']): OddImage => ({ kind: `a GIF ${kind}`, type: 'image/gif', make });
const webp = (kind: string, make: OddImage['make']): OddImage => ({ kind: `a WebP ${kind}`, type: 'image/webp', make });
const avif = (kind: string, make: OddImage['make']): OddImage => ({
  kind: `an AVIF ${kind}`,
  type: 'image/avif',
  make,
});

const SAMPLINGS: Record<string, readonly (readonly [number, number])[]> = {
  '4:4:4': [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  '4:2:2': [
    [2, 1],
    [1, 1],
    [1, 1],
  ],
  '4:2:0': [
    [2, 2],
    [1, 1],
    [1, 1],
  ],
  '4:4:0': [
    [1, 2],
    [1, 1],
    [1, 1],
  ],
  '4:1:1': [
    [4, 1],
    [1, 1],
    [1, 1],
  ],
  '4:1:0': [
    [4, 2],
    [1, 1],
    [1, 1],
  ],
  'gray of sampling 2x2': [[2, 2]],
};

/** The segments of a JPEG without those of one marker, which must precede its scan. */
function without(bytes: Buffer, marker: number): Buffer {
  const kept = [bytes.subarray(0, 2)];
  let at = 2;
  while (bytes[at + 1] !== 0xda) {
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (bytes[at + 1] !== marker) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return Buffer.concat([...kept, bytes.subarray(at)]);
}

const sampled = (sampling: readonly (readonly [number, number])[], more: object = {}) =>
  flatJpeg({ ...SIZE, sampling, ...more });

const GRAY = [[1, 1]] as const;
const THREE = [
  [1, 1],
  [1, 1],
  [1, 1],
] as const;
const FOUR = [
  [1, 1],
  [1, 1],
  [1, 1],
  [1, 1],
] as const;

const JPEGS: readonly OddImage[] = [
  ...Object.entries(SAMPLINGS).map(([name, sampling]) => jpeg(`of ${name}`, () => sampled(sampling))),
  jpeg('with a restart marker after each unit', () => sampled(THREE, { restartInterval: 1 })),
  jpeg('with restart markers and 4:2:0', () =>
    flatJpeg({
      width: 200,
      height: 100,
      sampling: [
        [2, 2],
        [1, 1],
        [1, 1],
      ],
      restartInterval: 5,
    }),
  ),
  jpeg('with a scan for each component', () =>
    sampled(
      [
        [2, 2],
        [1, 1],
        [1, 1],
      ],
      { isApart: true },
    ),
  ),
  jpeg('of Adobe RGB components', () => sampled(THREE, { extra: [adobe(0)] })),
  jpeg('of Adobe CMYK', () => sampled(FOUR, { extra: [adobe(0)] })),
  jpeg('of Adobe YCCK', () => sampled(FOUR, { extra: [adobe(2)] })),
  jpeg('of the extended process', () => sampled(THREE, { process: 0xc1 })),
  jpeg('of one pixel', () => flatJpeg({ width: 1, height: 1, sampling: THREE })),
  jpeg('16,384 pixels wide', () => flatJpeg({ width: 16_384, height: 1, sampling: GRAY })),
  jpeg('that is progressive', async () => (await rgb()).jpeg({ progressive: true }).toBuffer()),
  jpeg('of optimized scans', async () => (await rgb()).jpeg({ mozjpeg: true }).toBuffer()),
  jpeg('that is progressive and gray', async () =>
    (await rgb()).toColorspace('b-w').jpeg({ progressive: true }).toBuffer(),
  ),
  jpeg('that is progressive and CMYK', async () =>
    (await rgb()).toColorspace('cmyk').jpeg({ progressive: true }).toBuffer(),
  ),
  jpeg('of quality 1', async () => (await rgb()).jpeg({ quality: 1 }).toBuffer()),
  jpeg('of quality 100', async () => (await rgb()).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()),
  jpeg('without its Huffman tables, as in Motion JPEG', async () =>
    without(await (await rgb()).jpeg({ optimiseCoding: false }).toBuffer(), 0xc4),
  ),
  jpeg('without its JFIF header', async () => without(await (await rgb()).jpeg().toBuffer(), 0xe0)),
  jpeg('with comments and padding between segments', () =>
    sampled(THREE, {
      extra: [segment(0xfe, Buffer.from('hello')), Buffer.alloc(9, 0xff), segment(0xfe, Buffer.alloc(0))],
    }),
  ),
  jpeg('with a thumbnail inside its metadata', () => sampled(THREE, { extra: [segment(0xe1, sampled(GRAY))] })),
  jpeg('with a profile', async () => (await rgb()).withIccProfile('p3').jpeg().toBuffer()),
  jpeg('with another picture after its end', () => Buffer.concat([sampled(THREE), sampled(GRAY)])),
  jpeg('with a video after its end', () =>
    Buffer.concat([sampled(THREE), Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.alloc(4 * 1_048_576, 7)]),
  ),
  jpeg('with EXIF that turns it', async () => testImage({ type: 'image/jpeg', ...SIZE, orientation: 6 })),
];

const PNG_SHAPES: readonly (readonly [number, readonly number[]])[] = [
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
];

const pixelsIn = (parts: number): Buffer[] => {
  const data = deflateSync(Buffer.alloc(pixelBytes(SIZE)), { level: 0 });
  const step = Math.ceil(data.length / parts);
  return Array.from({ length: parts }, (_, index) => chunk('IDAT', data.subarray(index * step, (index + 1) * step)));
};

const text = (type: string, words: string): Buffer => chunk(type, Buffer.from(words, 'latin1'));

const gray = (...extra: Buffer[]): Buffer => blackPng(SIZE, extra);

const PNGS: readonly OddImage[] = [
  ...PNG_SHAPES.flatMap(([colors, depths]) =>
    depths.flatMap((depth) =>
      [false, true].map((isInterlaced) =>
        png(`of color type ${colors}, ${depth} bits${isInterlaced ? ', interlaced' : ''}`, () =>
          blackPng({ ...SIZE, depth, colors, isInterlaced }),
        ),
      ),
    ),
  ),
  png('of one pixel, interlaced', () => blackPng({ width: 1, height: 1, isInterlaced: true })),
  png('with a transparent color', () => gray(chunk('tRNS', Buffer.from([0, 0])))),
  png('with a transparent palette', () =>
    blackPng({ ...SIZE, depth: 2, colors: 3 }, [chunk('tRNS', Buffer.from([0]))]),
  ),
  png('with a gamma, a density, a time and a background', () =>
    gray(
      chunk('gAMA', Buffer.from([0, 1, 0x86, 0xa0])),
      chunk('bKGD', Buffer.from([0, 0])),
      chunk('pHYs', Buffer.alloc(9, 1)),
      chunk('tIME', Buffer.from([7, 0xe6, 1, 1, 1, 1, 1])),
    ),
  ),
  png('with texts of each kind', () =>
    gray(text('tEXt', 'Title\0hello'), bigText(10_000), text('iTXt', 'XML:com.adobe.xmp\0\0\0\0\0<x/>')),
  ),
  png('with a profile', async () => (await clear()).withIccProfile('p3').png().toBuffer()),
  png('with a profile that is broken', () => gray(text('iCCP', 'broken\0\0no deflated data'))),
  png('with private chunks', () => gray(text('prVt', 'anything'), text('eXIf', 'MM\0*\0\0\0\x08\0\0'))),
  png('with a wrong CRC in what a decoder may do without', () => {
    const wrong = text('tEXt', 'Title\0hello');
    wrong.writeUInt32BE(crc32('other'), wrong.length - 4);
    return gray(wrong);
  }),
  png('whose pixels are in 40 chunks', () => pngOf(pngHeader(SIZE), ...pixelsIn(40))),
  png('with an empty IDAT chunk', () => pngOf(pngHeader(SIZE), chunk('IDAT', Buffer.alloc(0)), ...pixelsIn(1))),
  png('that says it has one frame', () => gray(chunk('acTL', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])))),
  png('with bytes after its end', () => Buffer.concat([gray(), Buffer.from('\r\n')])),
];

const GIFS: readonly OddImage[] = [
  gif('of version 87a', () => gifOf({ ...SIZE, version: '87a', frames: [SIZE] })),
  gif('that is interlaced', () => gifOf({ ...SIZE, frames: [{ ...SIZE, isInterlaced: true }] })),
  gif('with colors of its frame alone', () =>
    gifOf({ ...SIZE, hasNoColors: true, frames: [{ ...SIZE, hasOwnColors: true }] }),
  ),
  gif('whose frame is a part of the canvas', () =>
    gifOf({ ...SIZE, frames: [{ left: 5, top: 7, width: 20, height: 9 }] }),
  ),
  gif('of frames that are each shown and removed in another way', () =>
    gifOf({
      ...SIZE,
      frames: [0, 1, 2, 3].map((disposal) => ({
        left: disposal,
        width: 30,
        height: 20,
        disposal,
        isTransparent: true,
      })),
    }),
  ),
  gif('with a comment and a loop', () =>
    gifOf({
      ...SIZE,
      frames: [SIZE, SIZE],
      extra: Buffer.from('!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0!\xfe\x05hello\0', 'latin1'),
    }),
  ),
  gif('with more pixels than its frame shows', () => gifOf({ ...SIZE, frames: [{ ...SIZE, pixels: 61 * 43 + 100 }] })),
  gif('of one pixel', () => gifOf({ width: 1, height: 1, frames: [{ width: 1, height: 1 }] })),
  gif('of 300 frames', () => gifOf({ ...SIZE, frames: Array.from({ length: 300 }, () => ({ width: 2, height: 2 })) })),
  gif('with bytes after its trailer', () =>
    Buffer.concat([gifOf({ ...SIZE, frames: [SIZE] }), GIF_TRAILER, Buffer.alloc(3)]),
  ),
];

const OTHERS: readonly OddImage[] = [
  webp('without loss', async () => (await clear()).webp({ lossless: true }).toBuffer()),
  webp('with lossy alpha', async () => (await clear()).webp({ alphaQuality: 50 }).toBuffer()),
  webp('with a profile and a turn', async () =>
    (await rgb()).withIccProfile('p3').withMetadata({ orientation: 3 }).webp().toBuffer(),
  ),
  webp('that is animated', () => testImage({ type: 'image/webp', ...SIZE, frames: 4 })),
  webp('that is animated and without loss', async () =>
    sharp(await testImage({ type: 'image/gif', ...SIZE, frames: 4 }), { pages: -1 })
      .webp({ lossless: true })
      .toBuffer(),
  ),
  avif('of 4:4:4', async () => (await rgb()).avif({ chromaSubsampling: '4:4:4', effort: 0 }).toBuffer()),
  avif('of 10 bits', async () => (await rgb()).avif({ bitdepth: 10, effort: 0 }).toBuffer()),
  avif('of 12 bits', async () => (await rgb()).avif({ bitdepth: 12, effort: 0 }).toBuffer()),
  avif('without loss', async () => (await rgb()).avif({ lossless: true, effort: 0 }).toBuffer()),
  avif('with alpha', async () => (await clear()).avif({ effort: 0 }).toBuffer()),
  avif('that is gray', async () => (await rgb()).toColorspace('b-w').avif({ effort: 0 }).toBuffer()),
];

/** Rare but sound files, as cameras, editors and standards make them. */
export const ODD_IMAGES: readonly OddImage[] = [...JPEGS, ...PNGS, ...GIFS, ...OTHERS];
