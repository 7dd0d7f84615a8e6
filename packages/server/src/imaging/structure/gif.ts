import type { Rejection } from '../../domain/image.ts';
import type { Limits } from '../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { unsound } from './rejection.ts';

const EXTENSION = 0x21;
const IMAGE = 0x2c;

/** GIF89a 17-27. Only running out of bytes counts: what stands between blocks instead of one is the decoder's business. */
export function refuseGif(file: ByteWindow, _limits: Limits): Rejection | undefined {
  const cutOff = unsound('expected a GIF that ends with its trailer; got one that is cut off');
  const byteAt = (offset: number) => file.bytesAt(offset, 1)[0];
  let at = 13 + colorTableBytes(byteAt(10));
  for (;;) {
    const block = byteAt(at);
    if (block === undefined) return cutOff;
    if (block === EXTENSION) at += 2;
    else if (block === IMAGE) at += 11 + colorTableBytes(byteAt(at + 9));
    else return undefined; // the trailer (0x3b), or no block at all

    for (let sizeBytes = byteAt(at); sizeBytes !== 0; sizeBytes = byteAt(at)) {
      if (sizeBytes === undefined) return cutOff;
      at += 1 + sizeBytes;
    }
    at += 1;
  }
}

/** GIF89a 18: the flag, and the exponent of the number of three-byte colors. */
const colorTableBytes = (flags = 0): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
