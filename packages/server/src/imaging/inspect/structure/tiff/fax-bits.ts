import type { ByteWindow } from '../byte-window.ts';
import type { Block } from './picture.ts';

/** The bits of coded data, most significant first. Beyond the end they are zeros. */
export interface FaxBits {
  /** The next 13 bits; none is consumed. */
  peek(): number;
  skip(bits: number): void;
  /** To the next byte. */
  align(): void;
  /** Whether bits beyond the end were consumed. */
  isOver(): boolean;
}

const READ_BYTES = 65_536;
const PEEKED_BITS = 13;

export function faxBits(file: ByteWindow, { at, sizeBytes }: Pick<Block, 'at' | 'sizeBytes'>): FaxBits {
  let bytes: Buffer = Buffer.alloc(0);
  /** The position of the buffer in the data. */
  let base = 0;
  let next = 0;
  let held = 0;
  let heldBits = 0;

  const byte = (): number => {
    if (next === bytes.length) {
      base += next;
      next = 0;
      bytes = file.bytesAt(at + base, Math.min(READ_BYTES, Math.max(0, sizeBytes - base)));
      if (bytes.length === 0) {
        base += 1; // a zero beyond the end counts as consumed
        return 0;
      }
    }
    return bytes[next++] ?? 0;
  };

  return {
    peek: () => {
      while (heldBits < PEEKED_BITS) {
        held = ((held << 8) | byte()) & 0xff_ffff;
        heldBits += 8;
      }
      return (held >> (heldBits - PEEKED_BITS)) & 0x1fff;
    },
    skip: (bits) => {
      heldBits -= bits;
    },
    align: () => {
      heldBits -= heldBits % 8;
    },
    isOver: () => (base + next) * 8 - heldBits > sizeBytes * 8,
  };
}
