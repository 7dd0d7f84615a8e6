import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Share } from '../domain/access/rate-limits.ts';
import type { CountedLimits, RateLimiter, Taking } from './rate-limiter.ts';

export interface RateLimiterHarness extends AsyncDisposable {
  readonly limiter: RateLimiter;
  /** Another limiter that counts to the same windows; the same one where nothing is shared. */
  readonly elsewhere: RateLimiter;
}

const LIMITS = {
  grant: { requests: 60, windowSeconds: 60 },
  upload: { requests: 30, windowSeconds: 3_600 },
  list: { requests: 5, windowSeconds: 1 },
} as const satisfies CountedLimits;

const ADA: Share = { holder: 'caller', name: 'user:ada' };
const BOB: Share = { holder: 'caller', name: 'user:bob' };
const STRANGER: Share = { holder: 'address', name: 'user:ada' };

export function describeRateLimiter(
  name: string,
  create: (limits: CountedLimits) => Promise<RateLimiterHarness>,
): void {
  /** The number of admitted requests among `times` concurrent ones, at both limiters in turn. */
  async function admitted({ limiter, elsewhere }: RateLimiterHarness, taking: Taking, times: number): Promise<number> {
    const all = Array.from({ length: times }, (_, index) => (index % 2 === 0 ? limiter : elsewhere).take(taking));
    return (await Promise.all(all)).filter((taken) => taken?.isAdmitted).length * taking.requests;
  }
  const one = (share: Share, policy: Taking['policy'] = 'grant'): Taking => ({ policy, share, requests: 1 });

  describe(`${name} as a rate limiter`, () => {
    it('admits exactly the limit of 200 concurrent requests', async () => {
      await using harness = await create(LIMITS);
      assert.equal(await admitted(harness, one(ADA), 200), 60);
      assert.equal(await admitted(harness, one(ADA), 1), 0);
    });

    it('tells what is left of the window, and when it ends', async () => {
      await using harness = await create(LIMITS);
      const first = await harness.limiter.take(one(ADA));
      assert.deepEqual(first, { isAdmitted: true, limit: LIMITS.grant, remaining: 59, resetSeconds: 60 });
      const second = await harness.elsewhere.take({ ...one(ADA), requests: 9 });
      assert.equal(second?.remaining, 50);
      assert.ok(second.resetSeconds >= 1 && second.resetSeconds <= 60);
    });

    it('takes all requests of a batch, or none', async () => {
      await using harness = await create(LIMITS);
      const batch = { ...one(ADA), requests: 50 };
      assert.equal((await harness.limiter.take(batch))?.isAdmitted, true);
      assert.deepEqual(
        { ...(await harness.elsewhere.take(batch)), resetSeconds: 0 },
        { isAdmitted: false, limit: LIMITS.grant, remaining: 0, resetSeconds: 0 },
      );
      assert.equal(await admitted(harness, one(ADA), 20), 10);
    });

    it('refuses a batch beyond the limit, which leaves the window as it was', async () => {
      await using harness = await create(LIMITS);
      const refused = await harness.limiter.take({ ...one(ADA), requests: 61 });
      assert.deepEqual([refused?.isAdmitted, refused?.resetSeconds], [false, 60]);
      assert.equal(await admitted(harness, one(ADA), 100), 60);
    });

    it('admits at most the limit of concurrent batches', async () => {
      await using harness = await create(LIMITS);
      const batches = await admitted(harness, { ...one(ADA), requests: 7 }, 50);
      assert.ok(batches > 0 && batches <= 60);
      assert.equal(batches + (await admitted(harness, one(ADA), 100)), 60);
    });

    it('counts each share and each policy apart', async () => {
      await using harness = await create(LIMITS);
      assert.equal(await admitted(harness, one(ADA), 100), 60);
      assert.equal(await admitted(harness, one(BOB), 100), 60);
      assert.equal(await admitted(harness, one(ADA, 'upload'), 100), 30);
      assert.equal(await admitted(harness, one({ ...STRANGER, name: 'address:10.0.0.1' }), 100), 60);
    });

    it('counts no policy without a limit', async () => {
      await using harness = await create(LIMITS);
      assert.equal(await harness.limiter.take(one(ADA, 'read')), undefined);
    });

    it('admits the limit again in the next window, also to a share that kept asking', async () => {
      await using harness = await create(LIMITS);
      assert.equal(await admitted(harness, one(ADA, 'list'), 20), 5);
      while (!(await harness.limiter.take(one(ADA, 'list')))?.isAdmitted) await delay(10);
      assert.equal(await admitted(harness, one(ADA, 'list'), 20), 4);
    });
  });
}
