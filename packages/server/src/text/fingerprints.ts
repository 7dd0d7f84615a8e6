import { hash } from 'node:crypto';

/**
 * A set of texts, 8 bytes each, so that millions fit into memory. `has` may be wrong about an absent text: of ten
 * million texts about one of 2^40 absent ones is taken for one of them.
 */
export interface Fingerprints {
  readonly size: number;
  add(text: string): void;
  has(text: string): boolean;
}

const FIRST_TEXTS = 64;

export function createFingerprints(): Fingerprints {
  let all = new BigUint64Array(FIRST_TEXTS);
  let used = 0;
  let isSorted = true;

  function search(wanted: bigint): boolean {
    let [low, high] = [0, used];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = all[middle] ?? wanted;
      if (found === wanted) return true;
      if (found < wanted) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  return {
    get size() {
      return used;
    },

    add(text) {
      if (used === all.length) {
        const grown = new BigUint64Array(used * 2);
        grown.set(all);
        all = grown;
      }
      all[used] = fingerprintOf(text);
      used += 1;
      isSorted = false;
    },

    has(text) {
      if (!isSorted) all.subarray(0, used).sort();
      isSorted = true;
      return search(fingerprintOf(text));
    },
  };
}

const fingerprintOf = (text: string): bigint => hash('sha256', text, 'buffer').readBigUInt64BE();
