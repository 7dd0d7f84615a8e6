import type { Rejection } from '../../../../domain/image/image.ts';
import type { ByteWindow } from '../byte-window.ts';
import { count, unsound } from '../rejection.ts';
import { type Block, type CodedBlocks, decodedBytes } from './picture.ts';

/** Writers pad strips to whole words. */
const MAX_PADDING = 4;
const READ_BYTES = 65_536;

/** libtiff drops what a run has too much, and ignores what follows the last pixel. */
export function refusePackBitsBlocks({ file, picture, blocks }: CodedBlocks): Rejection | undefined {
  for (const block of blocks) {
    const expected = decodedBytes(picture, block.rows);
    const { unpacked, usedBytes } = unpack(file, block, expected);
    if (unpacked !== expected || block.sizeBytes - usedBytes > MAX_PADDING) {
      const got = unpacked === expected ? 'more' : count(unpacked);
      return unsound(`expected ${count(expected)} bytes of pixels in a PackBits strip or tile of a TIFF; got ${got}`);
    }
  }
  return undefined;
}

/** TIFF 6.0, section 9: up to 127, one more bytes follow; from 129 on, one byte is repeated. */
function unpack(
  file: ByteWindow,
  { at, sizeBytes }: Block,
  expected: number,
): { readonly unpacked: number; readonly usedBytes: number } {
  let unpacked = 0;
  let usedBytes = 0;
  let bytes: Buffer = Buffer.alloc(0);
  let base = 0;
  while (unpacked < expected && usedBytes < sizeBytes) {
    if (usedBytes - base >= bytes.length) {
      base = usedBytes;
      bytes = file.bytesAt(at + base, READ_BYTES);
    }
    const code = bytes[usedBytes - base] ?? 128;
    const [coded, pixels] = code < 128 ? [code + 2, code + 1] : code > 128 ? [2, 257 - code] : [1, 0];
    usedBytes += coded;
    if (usedBytes > sizeBytes) break;
    unpacked += pixels;
  }
  return { unpacked, usedBytes };
}
