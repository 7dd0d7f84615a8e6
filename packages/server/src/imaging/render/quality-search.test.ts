import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_ENCODINGS } from '../../domain/rendition/rendition-cost.ts';
import { type Attempt, bestOf, nextQuality } from './quality-search.ts';

/** The attempts of a search among the bytes that each quality from 1 to 100 has. */
function search(lengths: readonly number[], first: number, maxBytes: number): readonly Attempt[] {
  const attempts: Attempt[] = [];
  let quality: number | undefined = first;
  while (quality !== undefined) {
    attempts.push({ quality, length: lengths[quality - 1] ?? 0 });
    quality = nextQuality(attempts, maxBytes);
  }
  return attempts;
}

const qualities = fc.integer({ min: 1, max: 100 });
const anyLengths = fc.array(fc.integer({ min: 1, max: 9_999 }), { minLength: 100, maxLength: 100 });

describe('the search for a quality with at most so many bytes', () => {
  it('ends after three encodings, none below quality 10 or above the first', () => {
    fc.assert(
      fc.property(anyLengths, qualities, fc.integer({ min: 1, max: 9_999 }), (lengths, first, maxBytes) => {
        const [start, ...others] = search(lengths, first, maxBytes);
        assert.ok(start?.quality === first && others.length < MAX_ENCODINGS);
        for (const { quality } of others) assert.ok(quality >= 10 && quality < first, String(quality));
      }),
    );
  });

  it('fails only if quality 10 has more, and then tells the fewest bytes', () => {
    const rising = anyLengths.map((lengths) => lengths.toSorted((one, other) => one - other));
    fc.assert(
      fc.property(rising, qualities, fc.integer({ min: 1, max: 9_999 }), (lengths, first, maxBytes) => {
        const least = lengths[Math.min(first, 10) - 1] ?? 0;
        const { length } = bestOf(search(lengths, first, maxBytes), maxBytes);
        assert.equal(length <= maxBytes, least <= maxBytes);
        if (length > maxBytes) assert.equal(length, least);
      }),
    );
  });

  it('takes the best quality that fits, also if bytes don’t rise with it', () => {
    const attempts = [
      { quality: 80, length: 900 },
      { quality: 30, length: 400 },
      { quality: 50, length: 390 },
    ];
    assert.equal(bestOf(attempts, 500).quality, 50);
    assert.equal(bestOf(attempts, 300).length, 390);
  });

  /** Bytes as a power of the quality, within what photographs have. */
  for (const power of [0.7, 1, 1.6]) {
    for (const share of [0.9, 0.7, 0.5, 0.35]) {
      it(`uses three quarters of the bytes or more, with a power of ${power} and ${share} of the first bytes`, () => {
        const lengths = Array.from({ length: 100 }, (_, at) => Math.round(100_000 * ((at + 1) / 80) ** power));
        const maxBytes = share * 100_000;
        const { length } = bestOf(search(lengths, 80, maxBytes), maxBytes);
        assert.ok(length <= maxBytes && length >= 0.75 * maxBytes, `${length} of ${maxBytes}`);
      });
    }
  }
});
