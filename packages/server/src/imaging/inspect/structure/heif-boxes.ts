import type { ByteWindow } from './byte-window.ts';

/** ISO/IEC 14496-12, 4.2: a size, four letters, and data. */
export interface Box {
  readonly type: string;
  /** The offset of its data. */
  readonly at: number;
  /** The offset of its end. */
  readonly end: number;
}

/** Undefined if there is no box, or if it exceeds `end`. */
export function boxAt(file: Pick<ByteWindow, 'bytesAt'>, at: number, end: number): Box | undefined {
  const head = file.bytesAt(at, 16);
  if (at + 8 > end || head.length < 8) return undefined;
  if (!isBoxType(head.subarray(4, 8))) return undefined;
  const type = head.toString('latin1', 4, 8);
  const sizeBytes = head.readUInt32BE(0);
  if (sizeBytes === 0) return { type, at: at + 8, end };
  if (sizeBytes === 1) {
    const large = head.length < 16 ? 0 : Number(head.readBigUInt64BE(8));
    return large >= 16 && at + large <= end ? { type, at: at + 16, end: at + large } : undefined;
  }
  return sizeBytes >= 8 && at + sizeBytes <= end ? { type, at: at + 8, end: at + sizeBytes } : undefined;
}

/** Printable characters; anything else is no box type. */
export const isBoxType = (bytes: Buffer): boolean => /^[ -~]{4}$/.test(bytes.toString('latin1'));

/** The boxes within an in-memory box; undefined if they don't fill it, or are more than `maxBoxes`. */
export function boxesIn(bytes: Buffer, start: number, end: number, maxBoxes: number): readonly Box[] | undefined {
  const file = { bytesAt: (offset: number, count: number) => bytes.subarray(offset, offset + count) };
  const boxes: Box[] = [];
  for (let at = start; at < end; ) {
    const box = boxAt(file, at, end);
    if (!box || boxes.length === maxBoxes) return undefined;
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}
