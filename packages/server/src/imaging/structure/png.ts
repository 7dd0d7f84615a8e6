import type { Rejection } from '../../domain/image.ts';
import type { Limits } from '../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { unsound } from './rejection.ts';

/** PNG 5.3: a chunk is its length, type, data and CRC. */
export function refusePng(file: ByteWindow, _limits: Limits): Rejection | undefined {
  for (let at = 8; ; ) {
    const chunk = file.bytesAt(at, 12);
    if (chunk.length < 12) return unsound('expected a PNG that ends with its IEND chunk; got one that is cut off');
    if (chunk.toString('latin1', 4, 8) === 'IEND') return undefined;
    at += 12 + chunk.readUInt32BE(0);
  }
}
