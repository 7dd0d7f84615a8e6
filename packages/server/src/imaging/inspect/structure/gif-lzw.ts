const MAX_CODES = 4_096;

/** Counts the pixels of one frame's data without decoding them: the length of each code's string is enough. */
export interface PixelCount {
  /** Takes the data of one sub-block. */
  add(bytes: Uint8Array): void;
  /** `short` until all pixels are there; later data doesn't count. */
  outcome(): 'whole' | 'short' | 'corrupt';
  pixels(): number;
}

/** GIF89a, appendix F. `minCodeBits`: 1 to 8. */
export function createPixelCount(minCodeBits: number, expectedPixels: number): PixelCount {
  const clear = 1 << minCodeBits;
  const end = clear + 1;
  const lengths = new Uint16Array(MAX_CODES).fill(1, 0, clear);
  let codeBits = minCodeBits + 1;
  let next = end + 1;
  let previous = -1;
  let held = 0;
  let heldBits = 0;
  let pixels = 0;
  let state: 'reading' | 'ended' | 'corrupt' = 'reading';

  return {
    add: (bytes) => {
      if (state !== 'reading' || pixels >= expectedPixels) return;
      for (let at = 0; at < bytes.length; at++) {
        held |= (bytes[at] ?? 0) << heldBits;
        heldBits += 8;
        while (heldBits >= codeBits) {
          const code = held & ((1 << codeBits) - 1);
          held >>>= codeBits;
          heldBits -= codeBits;
          if (code === clear) {
            codeBits = minCodeBits + 1;
            next = end + 1;
            previous = -1;
            continue;
          }
          if (code === end || code > next || (code >= clear && previous < 0)) {
            state = code === end ? 'ended' : 'corrupt';
            return;
          }
          const added = (lengths[previous] ?? 0) + 1;
          pixels += code === next ? added : (lengths[code] ?? 0);
          if (pixels >= expectedPixels) return;
          if (previous >= 0 && next < MAX_CODES) {
            lengths[next++] = added;
            if (next === 1 << codeBits && codeBits < 12) codeBits++;
          }
          previous = code;
        }
      }
    },
    outcome: () => (pixels >= expectedPixels ? 'whole' : state === 'corrupt' ? 'corrupt' : 'short'),
    pixels: () => pixels,
  };
}
