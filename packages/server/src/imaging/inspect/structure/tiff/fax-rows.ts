import type { FaxBits } from './fax-bits.ts';
import { BLACK_RUNS, MODE, MODE_CODES, type RunTable, WHITE_RUNS } from './fax-codes.ts';

/** Where the color changes in a row, from white on; the width follows. */
export type Changes = Int32Array;

/** Changes at the width end a row, so that a search in it ends. */
const END = 4;

/** The changes of a white row. Runs of no pixels make two changes more than the width. */
export const noChanges = (width: number): Changes => new Int32Array(width + 2 + END).fill(width);

/** Reads a row of runs (T.4, 4.1) into `row`; false if its codes are none, or if it has another width. */
export function readRuns(bits: FaxBits, row: Changes, width: number): boolean {
  let at = 0;
  let changes = 0;
  do {
    const run = readRun(bits, changes % 2 === 0 ? WHITE_RUNS : BLACK_RUNS);
    if (run < 0 || at + run > width || changes > width) return false;
    at += run;
    row[changes++] = at;
  } while (at < width);
  row.fill(width, changes, changes + END);
  return true;
}

/** Reads a row that is coded by its differences from the row above (T.4, 4.2), like `readRuns`. */
export function readDifferences(bits: FaxBits, row: Changes, above: Changes, width: number): boolean {
  let at = -1;
  let changes = 0;
  let b1 = 0;
  while (at < width) {
    const entry = MODE_CODES[bits.peek()] ?? 0;
    if (entry === 0 || changes > width) return false;
    bits.skip(entry & 15);
    const mode = entry >> 4;
    // The first change above that is further right, to the color that the next one here is to.
    if (b1 % 2 !== changes % 2) b1 += b1 > 0 ? -1 : 1;
    while ((above[b1] ?? width) <= at && (above[b1] ?? width) < width) b1 += 2;
    if (mode === MODE.pass) {
      at = above[b1 + 1] ?? width;
    } else if (mode === MODE.horizontal) {
      const [first, second] = changes % 2 === 0 ? [WHITE_RUNS, BLACK_RUNS] : [BLACK_RUNS, WHITE_RUNS];
      const one = readRun(bits, first);
      const other = one < 0 ? one : readRun(bits, second);
      at = Math.max(at, 0) + one + other;
      if (other < 0 || at > width) return false;
      row[changes++] = at - other;
      row[changes++] = at;
    } else {
      const change = (above[b1] ?? width) + mode - MODE.below;
      if (change < Math.max(at, 0) || change > width) return false;
      at = change;
      row[changes++] = at;
    }
  }
  row.fill(width, changes, changes + END);
  return true;
}

/** The pixels of a run; -1 if there is no code. */
function readRun(bits: FaxBits, table: RunTable): number {
  for (let pixels = 0; ; ) {
    const entry = table[bits.peek()] ?? 0;
    if (entry === 0 || bits.isOver()) return -1;
    bits.skip(entry & 15);
    const part = entry >> 4;
    pixels += part;
    if (part < 64) return pixels;
  }
}
