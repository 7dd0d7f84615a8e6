import { inflateSync } from 'node:zlib';
import type { ByteWindow } from './byte-window.ts';
import type { Chunk } from './png-chunk.ts';

/** Deflate makes no more of a byte (RFC 1951: 258 bytes of two bits). */
const MAX_RATIO = 1_032;

const READ_BYTES = 1_048_576;

/** How many bytes the compressed part of a text or profile becomes; more than `maxBytes` where it would be more. */
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
    return sizeBytes * MAX_RATIO; // too much, or broken: a decoder ignores that, but not before it inflated what it could
  }
}

/** Keywords, languages and names before the text. */
const LONGEST_HEAD_BYTES = 1_024;

/** The end of the chunk where nothing is compressed. */
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
