/** Bits, the most significant first, and the Exp-Golomb codes of H.265, 9.2. */
export interface BitWriter {
  readonly u: (bits: number, value: number) => void;
  readonly ue: (value: number) => void;
  /** Writes zeros up to the next byte. */
  readonly align: () => void;
  /** `rbsp_trailing_bits` (7.3.2.11), which have the form of `byte_alignment` too. */
  readonly trailing: () => void;
  readonly bytes: () => Buffer;
}

export function createBitWriter(): BitWriter {
  let buffer = Buffer.alloc(1024);
  let sizeBits = 0;
  const u = (bits: number, value: number): void => {
    if (sizeBits + bits > buffer.length * 8) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)]);
    for (let left = bits; left > 0; ) {
      const place = 8 - (sizeBits & 7);
      const taken = Math.min(place, left);
      const part = (value >>> (left - taken)) & ((1 << taken) - 1);
      buffer[sizeBits >> 3] = (buffer[sizeBits >> 3] ?? 0) | (part << (place - taken));
      sizeBits += taken;
      left -= taken;
    }
  };
  const align = (): void => u(-sizeBits & 7, 0);
  return {
    u,
    ue: (value) => {
      const sizeOfCode = 32 - Math.clz32(value + 1);
      u(sizeOfCode - 1, 0);
      u(sizeOfCode, value + 1);
    },
    align,
    trailing: () => {
      u(1, 1);
      align();
    },
    bytes: () => buffer.subarray(0, (sizeBits + 7) >> 3),
  };
}

/** A context variable's state (9.3.2.2). */
interface Context {
  state: number;
  mostProbable: number;
}

/** The initialization at slice QP 26. */
export function createContext(initValue: number): Context {
  const slope = (initValue >> 4) * 5 - 45;
  const offset = ((initValue & 15) << 3) - 16;
  const state = Math.min(126, Math.max(1, ((slope * 26) >> 4) + offset));
  return state > 63 ? { state: state - 64, mostProbable: 1 } : { state: 63 - state, mostProbable: 0 };
}

export interface Cabac {
  readonly decision: (context: Context, bin: number) => void;
  readonly bypass: (bin: number) => void;
  /** A bin of 1 ends the arithmetic codeword: its last bit is a 1, and the next bin begins a new codeword. */
  readonly terminate: (bin: number) => void;
}

/** The arithmetic encoder of 9.3.5 (informative). */
export function createCabac(writer: BitWriter): Cabac {
  let low = 0;
  let range = 510;
  let isFirst = true;
  let outstanding = 0;
  const putBit = (bit: number): void => {
    if (!isFirst) writer.u(1, bit);
    isFirst = false;
    for (; outstanding > 0; outstanding--) writer.u(1, 1 - bit);
  };
  // Between one and two quarters a carry may still come: the bit stays outstanding.
  const shift = (quarter: number): void => {
    if (low >= 2 * quarter) {
      putBit(1);
      low -= 2 * quarter;
    } else if (low < quarter) {
      putBit(0);
    } else {
      outstanding++;
      low -= quarter;
    }
  };
  const renormalize = (): void => {
    for (; range < 256; range <<= 1, low <<= 1) shift(256);
  };
  return {
    decision: (context, bin) => {
      const { state, mostProbable } = context;
      const leastRange = RANGE_LPS[state * 4 + ((range >> 6) & 3)] ?? 0;
      range -= leastRange;
      if (bin === mostProbable) {
        context.state = Math.min(62, state + 1);
      } else {
        low += range;
        range = leastRange;
        if (state === 0) context.mostProbable = 1 - mostProbable;
        context.state = NEXT_STATE_LPS[state] ?? 0;
      }
      renormalize();
    },
    bypass: (bin) => {
      low = (low << 1) + bin * range;
      shift(512);
    },
    terminate: (bin) => {
      range -= 2;
      if (bin === 0) return renormalize();
      low += range;
      range = 2;
      renormalize();
      putBit((low >> 9) & 1);
      writer.u(2, ((low >> 7) & 3) | 1);
      low = 0;
      range = 510;
      isFirst = true;
    },
  };
}

/** `rangeTabLps` (9.3.4.3.2), four of each state. */
const RANGE_LPS = new Uint8Array([
  128, 176, 208, 240, 128, 167, 197, 227, 128, 158, 187, 216, 123, 150, 178, 205, 116, 142, 169, 195, 111, 135, 160,
  185, 105, 128, 152, 175, 100, 122, 144, 166, 95, 116, 137, 158, 90, 110, 130, 150, 85, 104, 123, 142, 81, 99, 117,
  135, 77, 94, 111, 128, 73, 89, 105, 122, 69, 85, 100, 116, 66, 80, 95, 110, 62, 76, 90, 104, 59, 72, 86, 99, 56, 69,
  81, 94, 53, 65, 77, 89, 51, 62, 73, 85, 48, 59, 69, 80, 46, 56, 66, 76, 43, 53, 63, 72, 41, 50, 59, 69, 39, 48, 56,
  65, 37, 45, 54, 62, 35, 43, 51, 59, 33, 41, 48, 56, 32, 39, 46, 53, 30, 37, 43, 50, 29, 35, 41, 48, 27, 33, 39, 45,
  26, 31, 37, 43, 24, 30, 35, 41, 23, 28, 33, 39, 22, 27, 32, 37, 21, 26, 30, 35, 20, 24, 29, 33, 19, 23, 27, 31, 18,
  22, 26, 30, 17, 21, 25, 28, 16, 20, 23, 27, 15, 19, 22, 25, 14, 18, 21, 24, 14, 17, 20, 23, 13, 16, 19, 22, 12, 15,
  18, 21, 12, 14, 17, 20, 11, 14, 16, 19, 11, 13, 15, 18, 10, 12, 15, 17, 10, 12, 14, 16, 9, 11, 13, 15, 9, 11, 12, 14,
  8, 10, 12, 14, 8, 9, 11, 13, 7, 9, 11, 12, 7, 9, 10, 12, 7, 8, 10, 11, 6, 8, 9, 11, 6, 7, 9, 10, 6, 7, 8, 9, 2, 2, 2,
  2,
]);

/** `transIdxLps` (9.3.4.3.2). */
const NEXT_STATE_LPS = new Uint8Array([
  0, 0, 1, 2, 2, 4, 4, 5, 6, 7, 8, 9, 9, 11, 11, 12, 13, 13, 15, 15, 16, 16, 18, 18, 19, 19, 21, 21, 22, 22, 23, 24, 24,
  25, 26, 26, 27, 27, 28, 29, 29, 30, 30, 30, 31, 32, 32, 33, 33, 33, 34, 34, 35, 35, 35, 36, 36, 36, 37, 37, 37, 38,
  38, 63,
]);
