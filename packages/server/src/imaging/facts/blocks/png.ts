import { inflateSync } from 'node:zlib';
import type { ByteWindow } from '../../inspect/structure/byte-window.ts';
import { type Chunk, chunkAt } from '../../inspect/structure/png-chunk.ts';
import { MAX_XMP_BYTES } from '../xmp.ts';
import { type Blocks, copyOf, exifIn } from './blocks.ts';

/** As many as verification accepts. */
const MAX_CHUNKS = 100_000;
const XMP_KEYWORD = 'XML:com.adobe.xmp\0';

/** Chunks may stand before and behind the pixels (PNG 5.6). */
export function findInPng(file: ByteWindow): Blocks {
  const blocks: Blocks = { hasC2pa: false };
  let hasPacket = false; // one that can't be read is the only one, too
  for (let chunks = 0, at = 8; chunks < MAX_CHUNKS; chunks += 1) {
    const chunk = chunkAt(file, at);
    if (!chunk || chunk.type === 'IEND') break;
    if (chunk.type === 'eXIf') blocks.exif ??= exifIn(file, chunk);
    if (chunk.type === 'iTXt' && !hasPacket && isPacket(file, chunk)) {
      hasPacket = true;
      blocks.xmp = packetIn(file, chunk);
    }
    if (chunk.type === 'caBX') blocks.hasC2pa = true;
    at = chunk.at + chunk.sizeBytes + 4;
  }
  return blocks;
}

const isPacket = (file: ByteWindow, { at }: Chunk): boolean =>
  file.bytesAt(at, XMP_KEYWORD.length).toString('latin1') === XMP_KEYWORD;

/** The text of an iTXt chunk (PNG 11.3.3.4). */
function packetIn(file: ByteWindow, chunk: Chunk): Uint8Array | undefined {
  const bytes = copyOf(file, chunk);
  if (!bytes) return undefined;
  const isCompressed = bytes[XMP_KEYWORD.length] === 1;
  const language = bytes.indexOf(0, XMP_KEYWORD.length + 2);
  const translated = language < 0 ? -1 : bytes.indexOf(0, language + 1);
  if (translated < 0) return undefined;
  const text = bytes.subarray(translated + 1);
  if (!isCompressed) return text;
  try {
    return inflateSync(text, { maxOutputLength: MAX_XMP_BYTES });
  } catch {
    return undefined; // corrupt, or a bomb
  }
}
