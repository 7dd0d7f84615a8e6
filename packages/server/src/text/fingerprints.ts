import { hash } from 'node:crypto';

/**
 * A set of texts, at most 22 bytes each, so that millions fit into memory. `has` may be wrong about an absent text: of
 * ten million texts about one of 2^40 absent ones is taken for one of them.
 */
export interface Fingerprints {
  readonly size: number;
  add(text: string): void;
  has(text: string): boolean;
}

const FIRST_PLACES = 64;
/** The fingerprint of a text whose own would be that of an empty place. */
const INSTEAD_OF_ZERO = 1n;

export function createFingerprints(): Fingerprints {
  /** Open addressing with linear probing, at most three quarters full; 0: an empty place. */
  let places = new BigUint64Array(FIRST_PLACES);
  let used = 0;

  /** The place that has the fingerprint, or would get it. */
  function placeOf(wanted: bigint): number {
    const mask = places.length - 1;
    for (let at = Number(wanted & BigInt(mask)); ; at = (at + 1) & mask) {
      const found = places[at];
      if (found === wanted || found === 0n) return at;
    }
  }

  function grow(): void {
    const before = places;
    places = new BigUint64Array(before.length * 2);
    for (const one of before) if (one !== 0n) places[placeOf(one)] = one;
  }

  return {
    get size() {
      return used;
    },

    add(text) {
      if (used * 4 >= places.length * 3) grow();
      const fingerprint = fingerprintOf(text);
      const at = placeOf(fingerprint);
      if (places[at] === fingerprint) return;
      places[at] = fingerprint;
      used += 1;
    },

    has: (text) => {
      const fingerprint = fingerprintOf(text);
      return places[placeOf(fingerprint)] === fingerprint;
    },
  };
}

const fingerprintOf = (text: string): bigint => hash('sha256', text, 'buffer').readBigUInt64BE() || INSTEAD_OF_ZERO;
