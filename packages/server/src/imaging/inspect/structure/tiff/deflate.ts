import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflate, inflateSync } from 'node:zlib';
import type { Rejection } from '../../../../domain/image/image.ts';
import type { ByteWindow } from '../byte-window.ts';
import { count, unsound } from '../rejection.ts';
import { type Block, type CodedBlocks, decodedBytes } from './picture.ts';

/** Up to this size a block is inflated at once: a stream costs 0.1 ms. */
const MAX_AT_ONCE = 1_048_576;
const READ_BYTES = 65_536;

/**
 * libtiff stops at the last pixel, before the checksum: zeros in place of data decode to pixels. Each block is inflated
 * to its end.
 */
export async function refuseDeflateBlocks({ file, picture, blocks }: CodedBlocks): Promise<Rejection | undefined> {
  const most = decodedBytes(picture, picture.blockHeight); // the last strip may be as high as the others
  for (const { at, sizeBytes, rows } of blocks) {
    const expected = decodedBytes(picture, rows);
    const inflated =
      sizeBytes <= MAX_AT_ONCE && most <= MAX_AT_ONCE
        ? inflatedAtOnce(file.bytesAt(at, sizeBytes), most)
        : await inflatedInParts(partsOf(file, { at, sizeBytes }), most);
    if (inflated === undefined)
      return unsound('expected whole Deflate data in a strip or tile of a TIFF; got corrupt data');
    if (inflated < expected || inflated > most) {
      return unsound(
        `expected ${count(expected)} bytes of pixels in a strip or tile of a TIFF; got ${inflated > most ? 'more' : count(inflated)}`,
      );
    }
  }
  return undefined;
}

/** The inflated size; more than `most` if it exceeds that, undefined if the data is corrupt. */
function inflatedAtOnce(bytes: Buffer, most: number): number | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: most + 1, chunkSize: Math.max(64, most + 1) }).length;
  } catch (error) {
    return (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? most + 1 : undefined;
  }
}

async function inflatedInParts(parts: Iterable<Buffer>, most: number): Promise<number | undefined> {
  let inflated = 0;
  try {
    await pipeline(Readable.from(parts), createInflate(), async (source: AsyncIterable<Buffer>) => {
      for await (const part of source) {
        inflated += part.length;
        if (inflated > most) return;
      }
    });
  } catch {
    if (inflated <= most) return undefined;
  }
  return inflated;
}

function* partsOf(file: ByteWindow, { at, sizeBytes }: Pick<Block, 'at' | 'sizeBytes'>): Generator<Buffer> {
  for (let from = 0; from < sizeBytes; from += READ_BYTES) {
    yield Buffer.from(file.bytesAt(at + from, Math.min(READ_BYTES, sizeBytes - from)));
  }
}
