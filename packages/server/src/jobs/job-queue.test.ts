import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { backoffSeconds } from './job-queue.ts';

describe('the backoff', () => {
  it('doubles from one second up to 15 minutes', () => {
    const longest = Array.from({ length: 12 }, (_, index) => backoffSeconds(index + 1, 0));
    assert.deepEqual(longest, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  it('is reduced by a random share of up to a half', () => {
    assert.equal(backoffSeconds(4, 1), 4);
    assert.equal(backoffSeconds(4, 0.5), 6);
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), chance, (attempt, random) => {
        const seconds = backoffSeconds(attempt, random);
        const longest = backoffSeconds(attempt, 0);
        assert.ok(seconds >= longest / 2 && seconds <= longest, `${seconds} of ${longest} s`);
      }),
    );
  });
});
