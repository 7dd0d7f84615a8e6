import type { ByteWindow } from '../byte-window.ts';
import { lengthOf } from '../heif-item.ts';
import type { Meta } from '../heif-meta.ts';
import { refuse } from './heic-rejection.ts';

interface Range {
  readonly from: number;
  readonly to: number;
}

/** No byte belongs to two decoded items. */
export function createByteClaims() {
  const claimed = { inFile: [] as Range[], inData: [] as Range[] };
  return {
    claim(file: ByteWindow, { extents, data }: Meta, id: number): void {
      for (const part of extents.get(id) ?? []) {
        const ranges = part.isInData ? claimed.inData : claimed.inFile;
        const from = part.at;
        const to = from + lengthOf(part, part.isInData ? data.length : file.sizeBytes);
        const place = placeOf(ranges, from);
        const isShared = (ranges[place - 1]?.to ?? 0) > from || (ranges[place]?.from ?? to) < to;
        if (isShared) refuse('data that belongs to one item', 'some that two items share');
        ranges.splice(place, 0, { from, to });
      }
    },
  };
}

/** In ascending order, the first range that begins at or after a place. */
function placeOf(ranges: readonly Range[], from: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.from ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
