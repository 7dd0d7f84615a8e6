import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Share } from '../../domain/access/rate-limits.ts';
import { openHeap } from '../../memory/heap.ts';
import { describeRateLimiter } from '../rate-limiter.contract.ts';
import type { CountedLimits, RateLimiter } from '../rate-limiter.ts';
import { createMemoryRateLimiter, MAX_COUNTERS } from './memory.ts';

describeRateLimiter('Memory', async (limits) => {
  const limiter = createMemoryRateLimiter(limits);
  return { limiter, elsewhere: limiter, async [Symbol.asyncDispose]() {} };
});

const LIMITS: CountedLimits = { read: { requests: 1, windowSeconds: 3_600 } };
const STRANGERS = 1_000_000;
/** The counters that are kept take 15 MB; a million take 540. */
const MAX_MEGABYTES = 60;
const ADA: Share = { holder: 'caller', name: 'user:ada' };
const stranger = (index: number): Share => ({ holder: 'address', name: `address:${index}` });

const heap = openHeap();

/** Of the heap, without garbage. */
function reachableBytes(): number {
  heap.collect('exhaustive');
  return process.memoryUsage().heapUsed;
}

async function isAdmitted(limiter: RateLimiter, share: Share): Promise<boolean> {
  const taken = await limiter.take({ policy: 'read', share, requests: 1 });
  return taken?.isAdmitted === true;
}

describe('a limiter in memory, asked by a million strangers within one window', () => {
  it('keeps the counter of a caller, the latest strangers, and nothing of the others', async () => {
    const limiter = createMemoryRateLimiter(LIMITS);
    assert.equal(await isAdmitted(limiter, ADA), true);
    const before = reachableBytes();
    for (let index = 0; index < STRANGERS; index++)
      await limiter.take({ policy: 'read', share: stranger(index), requests: 1 });
    const grownMegabytes = (reachableBytes() - before) / 1_048_576;

    assert.ok(grownMegabytes < MAX_MEGABYTES, `${grownMegabytes} MB`);
    assert.equal(await isAdmitted(limiter, ADA), false);
    assert.equal(await isAdmitted(limiter, stranger(STRANGERS - 1)), false);
    assert.equal(await isAdmitted(limiter, stranger(STRANGERS - MAX_COUNTERS)), false);
    assert.equal(await isAdmitted(limiter, stranger(0)), true);
  });

  it('forgets the least recently used stranger first', async () => {
    const limiter = createMemoryRateLimiter(LIMITS);
    for (let index = 0; index < MAX_COUNTERS; index++) await isAdmitted(limiter, stranger(index));
    assert.equal(await isAdmitted(limiter, stranger(0)), false);
    assert.equal(await isAdmitted(limiter, stranger(MAX_COUNTERS)), true);
    assert.equal(await isAdmitted(limiter, stranger(0)), false);
    assert.equal(await isAdmitted(limiter, stranger(1)), true);
  });
});
