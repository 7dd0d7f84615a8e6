import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SafelightError } from '../errors.ts';
import { createStall } from './stall.ts';

it('a stalled queue wakes when it may go on, even if a timer fires early', async () => {
  const limits: number[] = [];
  const woken = Promise.withResolvers<void>();
  const stall = createStall({
    pause: async () => new Promise((resolve) => setImmediate(resolve)), // early
    signal: new AbortController().signal,
    wake() {
      limits.push(stall.limit(4));
      woken.resolve();
    },
  });
  stall.begin(new SafelightError('network', 'expected an answer', { retryAfter: 0.05 }));
  assert.equal(stall.limit(4), 0);
  await woken.promise;
  assert.deepEqual(limits, [1]);
  assert.equal(stall.end(), true);
  assert.equal(stall.limit(4), 4);
});
