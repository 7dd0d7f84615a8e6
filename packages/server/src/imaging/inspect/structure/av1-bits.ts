/** Reads bits from the most significant one on; zeros after the end. */
export function createBitReader(bytes: Buffer) {
  let at = 0;
  const next = (): number => {
    const bit = ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
    at += 1;
    return bit;
  };
  return {
    /** Up to 31 bits as a number. */
    read(count: number): number {
      let value = 0;
      for (let left = count; left > 0; left--) value = value * 2 + next();
      return value;
    },
    skip(count: number): void {
      at += count;
    },
    /** Skips a number of variable length (`uvlc`, AV1 4.10.3): zeros, a one, and as many bits again. */
    skipUnary(): void {
      let zeros = 0;
      while (zeros < 32 && next() === 0) zeros += 1;
      at += zeros;
    },
    isPast: (): boolean => at > bytes.length * 8,
  };
}
