import { type FileHandle, open } from 'node:fs/promises';
import type { MediaType } from '../domain/media-type.ts';

/**
 * Where the decoder takes a file that ends early for a shorter one: libpng accepts a PNG without IEND, libnsgif drops the
 * frames that an animation lost, and of a JPEG decoded at a smaller size the last rows are never read. In the other types
 * libvips misses the end by itself (RIFF's and ISO-BMFF's sizes).
 */
const END_MARKERS: Partial<Record<MediaType, EndMarker>> = {
  'image/jpeg': { name: 'JPEG that ends with its EOI marker', isMissing: lacksEndOfImage },
  'image/png': { name: 'PNG that ends with its IEND chunk', isMissing: lacksImageEnd },
  'image/gif': { name: 'GIF that ends with its trailer', isMissing: lacksTrailer },
};

interface EndMarker {
  readonly name: string;
  readonly isMissing: (bytesAt: BytesAt) => Promise<boolean>;
}

/** `count` bytes from an offset, fewer at the file's end; they last until the next call. */
type BytesAt = (offset: number, count: number) => Promise<Buffer>;

/** The end that was expected, in words, when the file stops before it; undefined when it is there. */
export async function missingEnd(path: string, type: MediaType): Promise<string | undefined> {
  const marker = END_MARKERS[type];
  if (!marker) return undefined;
  await using file = await open(path);
  return (await marker.isMissing(byWindow(file))) ? marker.name : undefined;
}

const END_OF_IMAGE = 0xd9;

/** ITU-T T.81, B.1.1: after a marker its segment, whose length comes first; whatever is between that and the next is pixels. */
async function lacksEndOfImage(bytesAt: BytesAt): Promise<boolean> {
  for (let at = 2; ; ) {
    const found = await markerFrom(at, bytesAt);
    if (!found) return true;
    if (found.marker === END_OF_IMAGE) return false;
    const length = await bytesAt(found.at + 2, 2);
    if (length.length < 2) return true;
    at = found.at + 2 + length.readUInt16BE(0);
  }
}

/** A few at a time, out of the same window. */
const SCANNED_BYTES = 4_096;

async function markerFrom(start: number, bytesAt: BytesAt): Promise<{ at: number; marker: number } | undefined> {
  for (let at = start; ; ) {
    const bytes = await bytesAt(at, SCANNED_BYTES);
    if (bytes.length < 2) return undefined;
    let next = bytes.indexOf(0xff);
    while (next >= 0 && !isMarker(bytes[next + 1])) next = bytes.indexOf(0xff, next + 1);
    const marker = next < 0 ? undefined : bytes[next + 1];
    if (marker !== undefined) return { at: at + next, marker };
    at += next < 0 ? bytes.length : next; // its second byte is yet to be read
  }
}

/** Unknown, so perhaps; not 0, which says that the 0xff before is data, no padding, and none of those that restart a scan. */
const isMarker = (code: number | undefined): boolean =>
  code === undefined || (code !== 0 && code !== 0xff && (code < 0xd0 || code > 0xd7));

/** PNG 5.3: a chunk is its length, type, data and CRC. */
async function lacksImageEnd(bytesAt: BytesAt): Promise<boolean> {
  for (let at = 8; ; ) {
    const chunk = await bytesAt(at, 12);
    if (chunk.length < 12) return true;
    if (chunk.toString('latin1', 4, 8) === 'IEND') return false;
    at += 12 + chunk.readUInt32BE(0);
  }
}

const EXTENSION = 0x21;
const IMAGE = 0x2c;

/** GIF89a 17-27. Only running out of bytes counts: what stands between blocks instead of one is the decoder's business. */
async function lacksTrailer(bytesAt: BytesAt): Promise<boolean> {
  const byteAt = async (offset: number) => (await bytesAt(offset, 1))[0];
  let at = 13 + colorTableBytes(await byteAt(10));
  for (;;) {
    const block = await byteAt(at);
    if (block === undefined) return true;
    if (block === EXTENSION) at += 2;
    else if (block === IMAGE) at += 11 + colorTableBytes(await byteAt(at + 9));
    else return false; // the trailer (0x3b), or no block at all

    for (let sizeBytes = await byteAt(at); sizeBytes !== 0; sizeBytes = await byteAt(at)) {
      if (sizeBytes === undefined) return true;
      at += 1 + sizeBytes;
    }
    at += 1;
  }
}

/** GIF89a 18: the flag, and the exponent of the number of three-byte colors. */
const colorTableBytes = (flags = 0): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

const WINDOW_BYTES = 65_536;

/** Reads ahead, so that a walk costs a read per window and not the memory of the whole file. */
function byWindow(file: FileHandle): BytesAt {
  const window = Buffer.alloc(WINDOW_BYTES);
  let start = 0;
  let length = 0;
  return async (offset, count) => {
    if (offset < start || offset + count > start + length) {
      length = (await file.read(window, 0, WINDOW_BYTES, offset)).bytesRead;
      start = offset;
    }
    return window.subarray(offset - start, Math.min(offset - start + count, length));
  };
}
