import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Random access to a file's bytes. */
export interface ByteWindow {
  readonly sizeBytes: number;
  /** Reads `count` bytes, at most 1 MB; fewer only at the end of the file. The bytes are valid until the next call. */
  bytesAt(offset: number, count: number): Buffer;
}

/** Large enough that reading costs less than walking over the bytes. */
const WINDOW_BYTES = 1_048_576;

/**
 * Reads synchronously, one window at a time: a walk that awaits each step costs 200 ns a byte. Throws the system's own
 * error if the file can't be read.
 */
export function openByteWindow(path: string): ByteWindow & Disposable {
  const file = openSync(path, 'r');
  const sizeBytes = fstatSync(file).size;
  const window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, sizeBytes));
  let start = 0;
  let length = 0;
  return {
    sizeBytes,
    bytesAt: (offset, count) => {
      if (offset < start || Math.min(offset + count, sizeBytes) > start + length) {
        length = readSync(file, window, 0, window.length, offset);
        start = offset;
      }
      return window.subarray(offset - start, Math.min(offset - start + count, length));
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}
