import type { ByteWindow } from './byte-window.ts';

/** ITU-T T.81, table B.1. */
export const MARKER = {
  baseline: 0xc0,
  extended: 0xc1,
  progressive: 0xc2,
  huffmanTables: 0xc4,
  reserved: 0xc8,
  arithmeticConditioning: 0xcc,
  lastFrame: 0xcf,
  firstRestart: 0xd0,
  lastRestart: 0xd7,
  startOfImage: 0xd8,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  restartInterval: 0xdd,
  temporary: 0x01,
} as const;

export interface Marker {
  /** The offset of its 0xff. */
  readonly at: number;
  readonly code: number;
}

const SCANNED_BYTES = 65_536;

/** The first marker at or after `start` outside entropy-coded data: no stuffed byte, padding or restart. */
export function nextMarker(file: ByteWindow, start: number): Marker | undefined {
  for (let at = start; ; ) {
    const bytes = file.bytesAt(at, SCANNED_BYTES);
    if (bytes.length < 2) return undefined;
    const last = bytes.length - 1;
    for (let index = 0; index < last; index++) {
      if (bytes[index] !== 0xff) continue;
      const code = bytes[index + 1] ?? 0;
      if (isInData(code)) continue;
      return { at: at + index, code };
    }
    at += last;
  }
}

const isInData = (code: number): boolean =>
  code === 0 || code === 0xff || (code >= MARKER.firstRestart && code <= MARKER.lastRestart);
