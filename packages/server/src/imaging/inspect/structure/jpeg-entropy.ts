import type { ByteWindow } from './byte-window.ts';
import { type HuffmanTable, lookUp } from './jpeg-huffman.ts';
import { MARKER, type Marker } from './jpeg-marker.ts';

/** The required form of a sequential scan. */
export interface SequentialScan {
  /** The number of minimum coded units. */
  readonly units: number;
  /** The tables of each block of a unit, in order. */
  readonly blocks: readonly BlockTables[];
  /** The restart interval in units; 0 for none. */
  readonly restartInterval: number;
}

export interface BlockTables {
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

export type ScanResult =
  /** `end` is before the next marker. */
  | { readonly outcome: 'whole'; readonly end: number }
  | { readonly outcome: 'short'; readonly units: number }
  | { readonly outcome: 'corrupt'; readonly units: number };

const READ_BYTES = 65_536;

/**
 * Reads the entropy-coded data at `start` for the lengths of its codes only (ITU-T T.81, F.2). libvips checks a
 * decoder's warnings before each strip of rows, and so misses a truncated last strip; here every unit is counted.
 */
export function readScan(
  file: ByteWindow,
  start: number,
  { units, blocks, restartInterval }: SequentialScan,
): ScanResult {
  let base = start;
  let bytes = file.bytesAt(base, READ_BYTES);
  let at = 0;
  let held = 0;
  /** Negative if bits must be skipped that aren't read yet. */
  let heldBits = 0;
  /** Zeros in place of missing data. */
  let madeUpBits = 0;

  for (let unit = 0, restarts = 0; unit < units; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      const marker = markerFrom(file, base + at);
      if (!marker || !isRestart(marker.code)) return { outcome: 'short', units: unit };
      if (marker.code !== MARKER.firstRestart + (restarts++ & 7)) return { outcome: 'corrupt', units: unit };
      base = marker.at + 2;
      bytes = file.bytesAt(base, READ_BYTES);
      at = held = heldBits = madeUpBits = 0;
    }
    // The block after the last has no codes: this reads the bits that are still to be skipped.
    for (let block = 0; block <= blocks.length; block++) {
      const tables = blocks[block];
      let table = tables?.dc;
      for (let coefficient = 0; coefficient < 64; coefficient++) {
        while (heldBits < 16) {
          // Two plain bytes at once, as nearly always; beyond the buffer's end the code below decides.
          const first = bytes[at] ?? 0xff;
          const second = bytes[at + 1] ?? 0xff;
          if (first !== 0xff && second !== 0xff) {
            held = (held << 16) | (first << 8) | second;
            heldBits += 16;
            at += 2;
            continue;
          }
          if (at + 1 >= bytes.length) {
            base += at;
            at = 0;
            bytes = file.bytesAt(base, READ_BYTES);
          }
          const byte = bytes[at];
          if (byte === undefined || (byte === 0xff && bytes[at + 1] !== 0)) {
            held <<= 8;
            madeUpBits += 8;
          } else {
            held = (held << 8) | byte;
            at += byte === 0xff ? 2 : 1;
          }
          heldBits += 8;
        }
        if (!tables || !table) break;
        const entry = lookUp(table, (held >> (heldBits - 16)) & 0xffff);
        if (entry === 0) return { outcome: heldBits - madeUpBits < 16 ? 'short' : 'corrupt', units: unit };
        heldBits -= entry >> 8;
        const symbol = entry & 255;
        if (coefficient === 0) {
          if (symbol > 15) return { outcome: 'corrupt', units: unit };
          table = tables.ac;
        } else if ((symbol & 15) > 0 || symbol === 0xf0) coefficient += symbol >> 4;
        else break;
      }
    }
    if (heldBits < madeUpBits) return { outcome: 'short', units: unit };
  }
  return { outcome: 'whole', end: base + at };
}

const isRestart = (code: number): boolean => code >= MARKER.firstRestart && code <= MARKER.lastRestart;

/** Any marker, including restarts. Like decoders, it skips bytes before the marker. */
function markerFrom(file: ByteWindow, start: number): Marker | undefined {
  for (let at = start; ; at++) {
    const bytes = file.bytesAt(at, 2);
    const code = bytes[1];
    if (code === undefined) return undefined;
    if (bytes[0] === 0xff && code !== 0 && code !== 0xff) return { at, code };
  }
}
