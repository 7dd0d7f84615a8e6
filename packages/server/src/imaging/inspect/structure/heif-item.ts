import type { ByteWindow } from './byte-window.ts';
import type { Extent, Meta } from './heif-meta.ts';

/** A part without a length extends to the end. */
export const lengthOf = ({ at, sizeBytes }: Extent, wholeBytes: number): number =>
  sizeBytes === 0 ? wholeBytes - at : sizeBytes;

/**
 * One item's parts as contiguous bytes. `viewAt` doesn't copy: it ends with a part, and is valid until the file is read
 * again.
 */
export function itemData(file: ByteWindow, { extents, data }: Meta, id: number) {
  const parts = extents.get(id) ?? [];
  const lengths = parts.map((part) => lengthOf(part, part.isInData ? data.length : file.sizeBytes));
  const sizeBytes = lengths.reduce((sum, length) => sum + length, 0);
  const bytesAt = (offset: number, wanted: number): Buffer => {
    const pieces: Buffer[] = [];
    let [from, left] = [offset, wanted];
    for (const [place, part] of parts.entries()) {
      const length = lengths[place] ?? 0;
      const here = Math.max(0, Math.min(left, length - from));
      if (here > 0) {
        const source = part.isInData
          ? data.subarray(part.at + from, part.at + from + here)
          : file.bytesAt(part.at + from, here);
        pieces.push(Buffer.from(source));
        left -= here;
      }
      from = Math.max(0, from - length);
    }
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  };
  const viewAt = (offset: number, wanted: number): Buffer => {
    let from = offset;
    for (const [place, part] of parts.entries()) {
      const length = lengths[place] ?? 0;
      if (from < length) {
        const here = Math.min(wanted, length - from);
        return part.isInData
          ? data.subarray(part.at + from, part.at + from + here)
          : file.bytesAt(part.at + from, here);
      }
      from -= length;
    }
    return Buffer.alloc(0);
  };
  return { bytesAt, viewAt, sizeBytes };
}
