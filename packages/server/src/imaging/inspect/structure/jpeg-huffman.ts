/** A Huffman code in the form of a DHT segment (ITU-T T.81, B.2.4.2). */
export interface HuffmanCode {
  /** The number of codes of each length, 1 to 16. */
  readonly counts: readonly number[];
  readonly symbols: Uint8Array;
}

const QUICK_BITS = 9;

/**
 * Tables for `lookUp`: most codes are found by their first bits, others by the largest code of each length (F.2.2.3).
 */
export interface HuffmanTable {
  /** An entry by the next 9 bits; 0 if the code is longer. */
  readonly quick: Uint16Array;
  /** By length: the first longer code, shifted to 16 bits. */
  readonly limits: Int32Array;
  /** By length: the offset from a code to its symbol's position. */
  readonly offsets: Int32Array;
  readonly symbols: Uint8Array;
}

/** Undefined if there are more codes than the lengths allow. */
export function huffmanTable({ counts, symbols }: HuffmanCode): HuffmanTable | undefined {
  const quick = new Uint16Array(1 << QUICK_BITS);
  const limits = new Int32Array(17);
  const offsets = new Int32Array(17);
  let next = 0;
  let place = 0;
  for (let length = 1; length <= 16; length++) {
    const codes = counts[length - 1] ?? 0;
    if (next + codes > 1 << length) return undefined;
    offsets[length] = place - next;
    for (let index = 0; index < codes; index++, next++, place++) {
      if (length > QUICK_BITS) continue;
      const free = QUICK_BITS - length;
      quick.fill(entryOf(length, symbols[place] ?? 0), next << free, (next + 1) << free);
    }
    limits[length] = next << (16 - length);
    next <<= 1;
  }
  return { quick, limits, offsets, symbols };
}

/** The entry of the code at the start of 16 bits; 0 if there is none. */
export function lookUp({ quick, limits, offsets, symbols }: HuffmanTable, bits: number): number {
  const found = quick[bits >> (16 - QUICK_BITS)] ?? 0;
  if (found !== 0) return found;
  for (let length = QUICK_BITS + 1; length <= 16; length++) {
    if (bits < (limits[length] ?? 0)) {
      return entryOf(length, symbols[(bits >> (16 - length)) + (offsets[length] ?? 0)] ?? 0);
    }
  }
  return 0;
}

/** The symbol in the lower byte; above it the number of bits: those of the code and those that follow it. */
const entryOf = (length: number, symbol: number): number => ((length + (symbol & 15)) << 8) | symbol;

/**
 * The codes of K.3.3, by class << 4 | id. Motion JPEG frames omit them; browsers, which decode with libjpeg-turbo, use
 * these.
 */
export const STANDARD_CODES: Readonly<Record<number, HuffmanCode>> = {
  0: code([0, 1, 5, 1, 1, 1, 1, 1, 1], '000102030405060708090a0b'),
  1: code([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1], '000102030405060708090a0b'),
  16: code(
    [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
    '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a' +
      '434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8' +
      'a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa',
  ),
  17: code(
    [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
    '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a3536373839' +
      '3a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6' +
      'a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa',
  ),
};

function code(counts: readonly number[], symbols: string): HuffmanCode {
  return { counts, symbols: Buffer.from(symbols, 'hex') };
}
