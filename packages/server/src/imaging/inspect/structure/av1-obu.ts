import type { Size } from '../../../domain/rendition/transform.ts';
import { createBitReader } from './av1-bits.ts';

/** Reads `count` bytes of one item's data, fewer at its end. */
export type ItemBytes = (offset: number, count: number) => Buffer;

/** The work of an AV1 decoder for an item: it decodes every frame, although it shows only the last one. */
export interface CodedPicture extends Size {
  readonly frames: number;
  readonly units: number;
}

/** AV1 6.2.2. */
const SEQUENCE_HEADER = 1;
const FRAME_HEADER = 3;
const FRAME = 6;

/** The longest sequence header has 800 bits. */
const SEQUENCE_HEADER_BYTES = 128;

/**
 * Walks the units ("OBUs", AV1 5.3) of an item; undefined if they don't fill it, or if no header has the size of its
 * frames.
 */
export function readUnits(bytesAt: ItemBytes, sizeBytes: number, maxUnits: number): CodedPicture | undefined {
  let size: Size | undefined;
  let frames = 0;
  let units = 0;
  for (let at = 0; at < sizeBytes; ) {
    const unit = unitAt(bytesAt, at, sizeBytes);
    if (!unit || ++units > maxUnits) return undefined;
    if (unit.type === SEQUENCE_HEADER) {
      const other = frameSize(bytesAt(unit.at, Math.min(unit.sizeBytes, SEQUENCE_HEADER_BYTES)));
      if (!other || (size && (other.width !== size.width || other.height !== size.height))) return undefined;
      size = other;
    }
    if (unit.type === FRAME || unit.type === FRAME_HEADER) frames += 1;
    at = unit.at + unit.sizeBytes;
  }
  return size && { ...size, frames, units };
}

interface Unit {
  readonly type: number;
  /** The offset of its data. */
  readonly at: number;
  readonly sizeBytes: number;
}

/** A header of one or two bytes, and a size in seven bits of each of at most eight bytes. */
const MAX_HEAD_BYTES = 10;

function unitAt(bytesAt: ItemBytes, at: number, end: number): Unit | undefined {
  const head = bytesAt(at, MAX_HEAD_BYTES);
  const flags = head[0] ?? 0;
  const type = (flags >> 3) & 15;
  const start = 1 + ((flags >> 2) & 1);
  if ((flags & 0x02) === 0) return { type, at: at + start, sizeBytes: Math.max(0, end - at - start) };
  let sizeBytes = 0;
  for (let place = 0; place < 8; place++) {
    const byte = head[start + place];
    if (byte === undefined) return undefined;
    sizeBytes += (byte & 0x7f) * 2 ** (7 * place);
    if (byte < 0x80) {
      const data = at + start + place + 1;
      return data + sizeBytes <= end ? { type, at: data, sizeBytes } : undefined;
    }
  }
  return undefined;
}

/** AV1 5.5.1, up to the maximum frame size. */
function frameSize(header: Buffer): Size | undefined {
  const bits = createBitReader(header);
  bits.skip(4); // profile, still picture
  if (bits.read(1) === 1) bits.skip(5);
  else skipOperatingPoints(bits);
  const [widthBits, heightBits] = [bits.read(4) + 1, bits.read(4) + 1];
  const size = { width: bits.read(widthBits) + 1, height: bits.read(heightBits) + 1 };
  return bits.isPast() ? undefined : size;
}

function skipOperatingPoints(bits: ReturnType<typeof createBitReader>): void {
  let delayBits = 0;
  const hasTiming = bits.read(1) === 1;
  if (hasTiming) {
    bits.skip(64);
    if (bits.read(1) === 1) bits.skipUnary();
    if (bits.read(1) === 1) {
      delayBits = bits.read(5) + 1;
      bits.skip(42);
    }
  }
  const hasDisplayDelay = bits.read(1) === 1;
  for (let left = bits.read(5) + 1; left > 0; left--) {
    bits.skip(12);
    if (bits.read(5) > 7) bits.skip(1);
    if (delayBits > 0 && bits.read(1) === 1) bits.skip(2 * delayBits + 1);
    if (hasDisplayDelay && bits.read(1) === 1) bits.skip(4);
  }
}
