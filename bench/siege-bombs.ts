import { once } from 'node:events';
import { crc32, createDeflate, deflateSync } from 'node:zlib';
import { ADAM7 } from '../test/pictures/png-bytes.ts';

/** A small file that is expensive to decode. Each serial number makes a different file, so that no hash is known. */
export interface Bomb {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: (serial: number) => Buffer;
}

/** Just below the limit of 50 megapixels. */
const SIDE = 7_000;

export const createBombs = async (): Promise<readonly Bomb[]> => [
  scansBomb(),
  await interlacedBomb(),
  textsBomb(),
  framesBomb(),
  subBlocksBomb(),
];

const serialText = (serial: number): Buffer => Buffer.from(`serial ${String(serial).padStart(12, '0')}`);

// JPEG

const segment = (marker: number, body: Buffer): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};

/** A Huffman table whose only symbol has the code 0. */
const oneSymbol = (id: number, symbol: number): Buffer =>
  segment(0xc4, Buffer.from([id, 1, ...Array<number>(15).fill(0), symbol]));

const EOB14 = 0xe0;
/** EOB14 with 14 ones: this many blocks are empty (T.81 G.1.2.2). */
const LONGEST_RUN = 32_767;
const FIRST_BIT = 10;

/** A gray picture with 700 valid scans: each coefficient, and each of its bits, in its own scan. */
function scansBomb(): Bomb {
  const size = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  size.writeUInt16BE(SIDE, 1);
  size.writeUInt16BE(SIDE, 3);
  const blocks = Math.ceil(SIDE / 8) ** 2;
  const nothing = entropyCoded(`0${'1'.repeat(14)}`.repeat(Math.ceil(blocks / LONGEST_RUN)));
  const scan = (coefficient: number, bits: number, body: Buffer): Buffer =>
    Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, coefficient, coefficient, bits])), body]);
  const scans = [scan(0, 0, Buffer.alloc(Math.ceil(blocks / 8)))];
  for (let coefficient = 1; coefficient < 64; coefficient += 1) {
    scans.push(scan(coefficient, FIRST_BIT, nothing));
    for (let bit = FIRST_BIT; bit > 0; bit -= 1) scans.push(scan(coefficient, (bit << 4) | (bit - 1), nothing));
  }
  const rest = Buffer.concat([
    segment(0xdb, Buffer.from([0, ...Array<number>(64).fill(1)])),
    segment(0xc2, size),
    oneSymbol(0x00, 0),
    oneSymbol(0x10, EOB14),
    ...scans,
    Buffer.from([0xff, 0xd9]),
  ]);
  const start = Buffer.from([0xff, 0xd8]);
  return {
    name: 'JPEG of 700 scans',
    contentType: 'image/jpeg',
    bytes: (serial) => Buffer.concat([start, segment(0xfe, serialText(serial)), rest]),
  };
}

/** Padded with ones, and a zero byte after each 0xff (T.81 F.1.2.3). */
function entropyCoded(bits: string): Buffer {
  const bytes: number[] = [];
  for (let at = 0; at < bits.length; at += 8) {
    const byte = Number.parseInt(bits.slice(at, at + 8).padEnd(8, '1'), 2);
    bytes.push(byte, ...(byte === 0xff ? [0] : []));
  }
  return Buffer.from(bytes);
}

// PNG

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, body: Buffer): Buffer {
  const [length, sum, named] = [Buffer.alloc(4), Buffer.alloc(4), Buffer.concat([Buffer.from(type), body])];
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

function pngHeader(side: number, depthToInterlace: readonly number[]): Buffer {
  const body = Buffer.alloc(13);
  body.writeUInt32BE(side, 0);
  body.writeUInt32BE(side, 4);
  body.set(depthToInterlace, 8);
  return Buffer.concat([PNG_SIGNATURE, chunk('IHDR', body)]);
}

const png = (name: string, header: Buffer, rest: Buffer): Bomb => ({
  name,
  contentType: 'image/png',
  bytes: (serial) =>
    Buffer.concat([header, chunk('tEXt', Buffer.concat([Buffer.from('serial\0'), serialText(serial)])), rest]),
});

/** Black, four channels of 16 bits, interlaced: 0.4 MB that decode to 390. */
async function interlacedBomb(): Promise<Bomb> {
  let sizeBytes = 0;
  for (const [left, top, across, down] of ADAM7)
    sizeBytes += Math.ceil((SIDE - top) / down) * (1 + 8 * Math.ceil((SIDE - left) / across));
  const data = await deflatedZeros(sizeBytes);
  const rest = Buffer.concat([chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
  return png('interlaced PNG of 16 bits', pngHeader(SIDE, [16, 6, 0, 0, 1]), rest);
}

const MEGABYTE = 1_048_576;

async function deflatedZeros(sizeBytes: number): Promise<Buffer> {
  const deflate = createDeflate({ level: 9 });
  const zeros = Buffer.alloc(MEGABYTE);
  const collected = Array.fromAsync(deflate as AsyncIterable<Buffer>);
  for (let left = sizeBytes; left > 0; left -= MEGABYTE)
    if (!deflate.write(zeros.subarray(0, left))) await once(deflate, 'drain');
  deflate.end();
  return Buffer.concat(await collected);
}

/** 4 MB each, below libpng's limit. */
function textsBomb(): Bomb {
  const text = chunk(
    'zTXt',
    Buffer.concat([Buffer.from('text\0\0'), deflateSync(Buffer.alloc(4 * MEGABYTE, 'a'), { level: 9 })]),
  );
  const pixel = chunk('IDAT', deflateSync(Buffer.alloc(2)));
  const rest = Buffer.concat([...Array<Buffer>(950).fill(text), pixel, chunk('IEND', Buffer.alloc(0))]);
  return png('PNG of 950 compressed texts', pngHeader(1, [8, 0, 0, 0, 0]), rest);
}

// WebP and GIF

function riffChunk(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from(type), length, body, Buffer.alloc(body.length % 2)]);
}

/** One lossless pixel (libwebp's minimum). */
const ONE_PIXEL_VP8L = Buffer.from('2f00000000078810fd0ffe07222200', 'hex');
const FRAMES = 90_000;

function framesBomb(): Bomb {
  const frame = riffChunk(
    'ANMF',
    Buffer.concat([Buffer.alloc(12), Buffer.from([100, 0, 0, 0]), riffChunk('VP8L', ONE_PIXEL_VP8L)]),
  );
  const canvas = riffChunk('VP8X', Buffer.from([0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    canvas,
    riffChunk('ANIM', Buffer.alloc(6)),
    ...Array<Buffer>(FRAMES).fill(frame),
  ]);
  return {
    name: 'WebP of 90,000 frames',
    contentType: 'image/webp',
    bytes: (serial) => riffChunk('RIFF', Buffer.concat([body, riffChunk('XMP ', serialText(serial))])),
  };
}

/** A comment of as many sub-blocks as possible: each is one byte long. */
function subBlocksBomb(): Bomb {
  const start = Buffer.from('474946383961010001008000000000000000ff', 'hex');
  const comment = (blocks: Buffer): Buffer => Buffer.concat([Buffer.from([0x21, 0xfe]), blocks, Buffer.alloc(1)]);
  const many = comment(Buffer.alloc(2 * 2_300_000, Buffer.from([1, 0x61])));
  const pixel = Buffer.from('2c00000000010001000002024401003b', 'hex');
  const serialBlock = (text: Buffer): Buffer => Buffer.concat([Buffer.from([text.length]), text]);
  return {
    name: 'GIF of 2.3 million sub-blocks',
    contentType: 'image/gif',
    bytes: (serial) => Buffer.concat([start, comment(serialBlock(serialText(serial))), many, pixel]),
  };
}
