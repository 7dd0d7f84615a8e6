import { inflateSync } from 'node:zlib';
import type { ByteWindow } from './byte-window.ts';
import type { Chunk } from './png-chunk.ts';

/** Deflate's maximum ratio (RFC 1951: 258 bytes from two bits). */
const MAX_RATIO = 1_032;

const READ_BYTES = 1_048_576;

/** The inflated size of a text's or profile's compressed part; more than `maxBytes` if it exceeds that. */
export function inflatedBytes(file: ByteWindow, chunk: Chunk, maxBytes: number): number {
  const start = compressedAt(file, chunk);
  const sizeBytes = chunk.at + chunk.sizeBytes - start;
  if (sizeBytes <= 0) return 0;
  if (sizeBytes > maxBytes) return maxBytes + 1;
  const parts: Buffer[] = [];
  for (let from = 0; from < sizeBytes; from += READ_BYTES) {
    parts.push(Buffer.from(file.bytesAt(start + from, Math.min(READ_BYTES, sizeBytes - from))));
  }
  try {
    return inflateSync(Buffer.concat(parts), { maxOutputLength: maxBytes + 1 }).length;
  } catch {
    return sizeBytes * MAX_RATIO; // too much or corrupt: a decoder ignores it, but only after inflating what it could
  }
}

/** Skips keywords, languages and names before the text. */
const LONGEST_HEAD_BYTES = 1_024;

/** The end of the chunk if nothing is compressed. */
function compressedAt(file: ByteWindow, { type, at, sizeBytes }: Chunk): number {
  const end = at + sizeBytes;
  const head = file.bytesAt(at, Math.min(sizeBytes, LONGEST_HEAD_BYTES));
  const keyword = head.indexOf(0);
  if (keyword < 0) return end;
  if (type !== 'iTXt') return at + keyword + 2;
  if (head[keyword + 1] !== 1) return end;
  const language = head.indexOf(0, keyword + 3);
  const translated = language < 0 ? -1 : head.indexOf(0, language + 1);
  return translated < 0 ? at : at + translated + 1;
}
