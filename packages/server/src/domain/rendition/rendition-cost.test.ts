import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { estimatedSeconds } from './rendition-cost.ts';

const SIDE = { width: 1_000, height: 1_000 };
const recipe = { scaled: SIDE, window: null, canvas: null, format: 'webp', maxBytes: null } as const;

describe('the estimated cost of renditions', () => {
  it('follows the pixels of each result and the bytes of the source', () => {
    assert.equal(estimatedSeconds([recipe, { ...recipe, format: 'avif' }], 0).toFixed(2), '0.32');
    assert.equal(estimatedSeconds([recipe], 100_000_000).toFixed(2), '1.07');
    assert.equal(estimatedSeconds([{ ...recipe, maxBytes: 1_000 }], 0).toFixed(2), '0.22');
  });
});
