import { crc32 } from 'node:zlib';
import type { ByteWindow } from './byte-window.ts';

/** A chunk has a length, type, data and CRC (PNG 5.3). */
export interface Chunk {
  readonly type: string;
  /** The offset of its data. */
  readonly at: number;
  readonly sizeBytes: number;
}

/** Undefined if the file ends before the chunk does. */
export function chunkAt(file: ByteWindow, at: number): Chunk | undefined {
  const head = file.bytesAt(at, 8);
  if (head.length < 8) return undefined;
  const sizeBytes = head.readUInt32BE(0);
  if (at + 12 + sizeBytes > file.sizeBytes) return undefined;
  return { type: head.toString('latin1', 4, 8), at: at + 8, sizeBytes };
}

/** Upper case in the first letter marks a critical chunk (PNG 5.4). */
export const isCritical = (type: string): boolean => /^[A-Z]/.test(type);

/** Computed per window, independent of the chunk's length. */
const READ_BYTES = 1_048_576;

export function hasRightCrc(file: ByteWindow, { at, sizeBytes }: Chunk): boolean {
  const end = at + sizeBytes;
  let crc = 0;
  for (let from = at - 4; from < end; from += READ_BYTES) {
    crc = crc32(file.bytesAt(from, Math.min(READ_BYTES, end - from)), crc);
  }
  return file.bytesAt(end, 4).readUInt32BE(0) === crc;
}
