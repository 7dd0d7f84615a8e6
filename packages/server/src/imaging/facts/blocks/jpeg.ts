import type { ByteWindow } from '../../inspect/structure/byte-window.ts';
import { MARKER, nextMarker } from '../../inspect/structure/jpeg-marker.ts';
import { type Blocks, copyOf, exifIn, isC2paBox } from './blocks.ts';

/** The segments before the pixels, at most. */
const MAX_SEGMENTS = 1_000;

const APP1 = 0xe1;
const APP11 = 0xeb;
const XMP_MARK = 'http://ns.adobe.com/xap/1.0/\0';
/** Before a JUMBF box: an identifier, the number of the box and that of the packet (ISO/IEC 19566-5, D.2). */
const JUMBF_HEAD_BYTES = 8;

/** The first block of each kind counts, as for libvips. An extended XMP packet isn't read. */
export function findInJpeg(file: ByteWindow): Blocks {
  const blocks: Blocks = { hasC2pa: false };
  for (let segments = 0, at = 2; segments < MAX_SEGMENTS; segments += 1) {
    const marker = nextMarker(file, at);
    if (!marker || marker.code === MARKER.startOfScan || marker.code === MARKER.endOfImage) break;
    const length = file.bytesAt(marker.at + 2, 2);
    if (length.length < 2) break;
    const sizeBytes = Math.max(0, length.readUInt16BE(0) - 2);
    at = marker.at + 4 + sizeBytes;
    readSegment(file, { code: marker.code, at: marker.at + 4, sizeBytes }, blocks);
  }
  return blocks;
}

interface Segment {
  readonly code: number;
  /** The offset of its data. */
  readonly at: number;
  readonly sizeBytes: number;
}

function readSegment(file: ByteWindow, { code, at, sizeBytes }: Segment, blocks: Blocks): void {
  if (code === APP11) blocks.hasC2pa ||= isC2paBox(file, at + JUMBF_HEAD_BYTES);
  if (code !== APP1) return;
  const mark = file.bytesAt(at, XMP_MARK.length).toString('latin1');
  if (mark.startsWith('Exif\0')) blocks.exif ??= exifIn(file, { at, sizeBytes });
  else if (mark === XMP_MARK)
    blocks.xmp ??= copyOf(file, { at: at + XMP_MARK.length, sizeBytes: sizeBytes - XMP_MARK.length });
}
