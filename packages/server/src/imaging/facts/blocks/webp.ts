import type { ByteWindow } from '../../inspect/structure/byte-window.ts';
import { type Blocks, copyOf, exifIn } from './blocks.ts';

const MAX_CHUNKS = 10_000;
const HEAD_BYTES = 8;

/** RFC 9649 2.7: metadata follows the pixels. */
export function findInWebp(file: ByteWindow): Blocks {
  const blocks: Blocks = { hasC2pa: false };
  for (let chunks = 0, at = 12; chunks < MAX_CHUNKS; chunks += 1) {
    const head = file.bytesAt(at, HEAD_BYTES);
    if (head.length < HEAD_BYTES) break;
    const type = head.toString('latin1', 0, 4);
    const part = { at: at + HEAD_BYTES, sizeBytes: head.readUInt32LE(4) };
    if (type === 'EXIF') blocks.exif ??= exifIn(file, part);
    if (type === 'XMP ') blocks.xmp ??= copyOf(file, part);
    if (type === 'C2PA') blocks.hasC2pa = true;
    at = part.at + part.sizeBytes + (part.sizeBytes % 2);
  }
  return blocks;
}
