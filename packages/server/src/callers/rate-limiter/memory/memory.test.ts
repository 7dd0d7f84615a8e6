import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Share, sharesOf } from '../../../domain/access/rate-limits.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { openHeap } from '../../../run/memory/heap.ts';
import { describeRateLimiter } from '../rate-limiter.contract.ts';
import type { CountedLimits, RateLimiter } from '../rate-limiter.ts';
import { createMemoryRateLimiter, MAX_COUNTERS } from './memory.ts';

const CLOCK = { elapsedMs: () => performance.now() };

describeRateLimiter('Memory', async (limits) => {
  const limiter = createMemoryRateLimiter({ limits, clock: CLOCK });
  return { limiter, elsewhere: limiter, async [Symbol.asyncDispose]() {} };
});

const LIMITS: CountedLimits = { read: { requests: 1, windowSeconds: 3_600 } };
const HEAP = openHeap();
const STRANGERS = 1_000_000;
const ADA: Share = { holder: 'caller', owner: '', name: 'user:ada', times: 1 };
const stranger = (index: number): Share => ({ holder: 'address', owner: '', name: `address:${index}`, times: 1 });

async function isAdmitted(limiter: RateLimiter, share: Share): Promise<boolean> {
  const [taken] = await limiter.take([{ policy: 'read', share, requests: 1, held: 0 }]);
  return taken?.isAdmitted === true;
}

/** Without garbage. */
function retainedBytes(): number {
  HEAP.collect('exhaustive');
  return process.memoryUsage().heapUsed;
}

describe('a limiter in memory, asked by a million strangers within one window', () => {
  it('keeps the counter of a caller, the latest strangers, and nothing of the others', async () => {
    const limiter = createMemoryRateLimiter({ limits: LIMITS, clock: CLOCK });
    assert.equal(await isAdmitted(limiter, ADA), true);
    const before = retainedBytes();
    for (let index = 0; index < STRANGERS; index++) await isAdmitted(limiter, stranger(index));
    const grownMegabytes = (retainedBytes() - before) / 1_048_576;

    assert.equal(await isAdmitted(limiter, ADA), false);
    assert.equal(await isAdmitted(limiter, stranger(STRANGERS - 1)), false);
    assert.equal(await isAdmitted(limiter, stranger(STRANGERS - MAX_COUNTERS)), false);
    assert.equal(await isAdmitted(limiter, stranger(0)), true);
    assert.ok(grownMegabytes < 50, `${grownMegabytes} MB`);
  });

  it('forgets the least recently used stranger first', async () => {
    const limiter = createMemoryRateLimiter({ limits: LIMITS, clock: CLOCK });
    for (let index = 0; index < MAX_COUNTERS; index++) await isAdmitted(limiter, stranger(index));
    assert.equal(await isAdmitted(limiter, stranger(0)), false);
    assert.equal(await isAdmitted(limiter, stranger(MAX_COUNTERS)), true);
    assert.equal(await isAdmitted(limiter, stranger(0)), false);
    assert.equal(await isAdmitted(limiter, stranger(1)), true);
  });

  it('keeps callers, strangers and the viewers of other images while a holder of one signed URL uses many addresses', async () => {
    const limiter = createMemoryRateLimiter({ limits: LIMITS, clock: CLOCK });
    const viewer = (image: string, index: number): Share => {
      const url = { imageId: image as ImageId, epoch: 0, expiresAt: null };
      const [share] = sharesOf({ principal: { kind: 'link', url }, named: null }, `${index}`);
      return share ?? assert.fail();
    };
    const kept = [ADA, stranger(0), viewer('other', 0)];
    for (const share of kept) assert.equal(await isAdmitted(limiter, share), true);
    for (let index = 0; index < 2 * MAX_COUNTERS; index++) await isAdmitted(limiter, viewer('shared', index));
    for (const share of kept) assert.equal(await isAdmitted(limiter, share), false, share.name);
    assert.equal(await isAdmitted(limiter, viewer('shared', 0)), true, 'the oldest is forgotten');
  });

  it('keeps the users of a key whose number is below a fair part, and the latest ones of the key that floods', async () => {
    const limiter = createMemoryRateLimiter({ limits: LIMITS, clock: CLOCK });
    const member = (owner: string, index: number): Share => ({
      holder: 'member',
      owner,
      name: `member:${owner}:${index}`,
      times: 1,
    });
    const few = MAX_COUNTERS / 2;
    assert.equal(await isAdmitted(limiter, ADA), true);
    for (let index = 0; index < few; index++) await isAdmitted(limiter, member('careful', index));
    for (let index = 0; index < 3 * MAX_COUNTERS; index++) await isAdmitted(limiter, member('floods', index));
    for (let index = 0; index < few; index++)
      assert.equal(await isAdmitted(limiter, member('careful', index)), false, `${index}`);
    assert.equal(await isAdmitted(limiter, member('floods', 3 * MAX_COUNTERS - 1)), false);
    assert.equal(await isAdmitted(limiter, member('floods', 0)), true);
    assert.equal(await isAdmitted(limiter, ADA), false);
  });
});
