import { count } from '../rejection.ts';
import { refuse } from './heic-rejection.ts';

/**
 * The bits of a NAL unit (ITU-T H.265, 7.3.1.1), without its emulation prevention bytes. Errors: `HeicRejected` at the
 * end.
 */
export interface HevcBits {
  /** Up to 32 bits. */
  read(bits: number): number;
  flag(): boolean;
  skip(bits: number): void;
  /** `ue(v)`, 9.2: at most `max`. */
  unsigned(max: number): number;
  /** `se(v)`. Its range has no effect on the structure. */
  signed(): number;
  /** Requires the bit that ends the unit, and that nothing follows it. */
  requireEnd(): void;
  /** Reads a one and zeros up to a byte's end. Returns how many bytes of the unit precede that place. */
  align(): number;
}

export function createHevcBits(unit: Buffer): HevcBits {
  const { bytes, removedAt } = withoutEmulation(unit);
  const end = bytes.length * 8;
  let at = 0;

  const advance = (bits: number): void => {
    if (at + bits > end) refuse('HEVC headers that end inside their unit', 'one that goes beyond');
    at += bits;
  };
  const read = (bits: number): number => {
    let place = at;
    advance(bits);
    let value = 0;
    for (let left = bits; left > 0; ) {
      const here = Math.min(left, 8 - (place & 7));
      const byte = bytes[place >> 3] ?? 0;
      value = value * 2 ** here + ((byte >> (8 - (place & 7) - here)) & (2 ** here - 1));
      place += here;
      left -= here;
    }
    return value;
  };
  /** At least the next 25 bits, in the upper part of 32. */
  const peek = (): number => {
    const place = at >> 3;
    const [first, second, third, fourth] = [bytes[place], bytes[place + 1], bytes[place + 2], bytes[place + 3]];
    return (((first ?? 0) << 24) | ((second ?? 0) << 16) | ((third ?? 0) << 8) | (fourth ?? 0)) << (at & 7);
  };
  const unsigned = (max: number): number => {
    const next = peek();
    const zeros = Math.clz32(next);
    const value = zeros <= 12 ? (next >>> (31 - 2 * zeros)) - 1 : readLong();
    if (zeros <= 12) advance(2 * zeros + 1);
    if (value > max) {
      refuse('values of HEVC headers in their ranges', `${count(value)} instead of at most ${count(max)}`);
    }
    return value;
  };
  const readLong = (): number => {
    let zeros = 0;
    while (read(1) === 0) {
      zeros += 1;
      if (zeros > 32) refuse('numbers of at most 32 bits in HEVC headers', 'a longer one');
    }
    return 2 ** zeros - 1 + read(zeros);
  };
  return {
    read,
    flag: () => read(1) === 1,
    skip: advance,
    unsigned,
    signed: () => {
      const value = unsigned(2 ** 32 - 2);
      return value % 2 === 1 ? (value + 1) / 2 : -value / 2;
    },
    requireEnd: () => {
      if (read(1) !== 1) refuse('parameter sets that end with a one', 'a zero');
      const rest = bytes.subarray((at + 7) >> 3);
      if ((at & 7 && read(8 - (at & 7)) !== 0) || rest.some((byte) => byte !== 0)) {
        refuse('parameter sets that end with their unit', 'further data');
      }
    },
    align: () => {
      const isAligned = read(1) === 1 && ((at & 7) === 0 || read(8 - (at & 7)) === 0);
      if (!isAligned) refuse('slice headers that end with a one and zeros', 'other bits');
      const done = at >> 3;
      return done + removedAt.filter((place) => place < done).length;
    },
  };
}

/** `removedAt`: the places in `bytes` before which a byte was removed. */
function withoutEmulation(unit: Buffer): { readonly bytes: Buffer; readonly removedAt: readonly number[] } {
  const removedAt: number[] = [];
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = unit.indexOf(EMULATION); at >= 0; at = unit.indexOf(EMULATION, at + 3)) {
    pieces.push(unit.subarray(from, at + 2));
    from = at + 3;
    removedAt.push(from - 1 - removedAt.length);
  }
  if (from === 0) return { bytes: unit, removedAt };
  return { bytes: Buffer.concat([...pieces, unit.subarray(from)]), removedAt };
}

const EMULATION = Buffer.from([0, 0, 3]);
