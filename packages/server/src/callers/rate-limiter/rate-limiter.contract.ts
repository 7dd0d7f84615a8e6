import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Share } from '../../domain/access/rate-limits.ts';
import type { CountedLimits, RateLimiter, Taken, Taking } from './rate-limiter.ts';

export interface RateLimiterHarness extends AsyncDisposable {
  readonly limiter: RateLimiter;
  /** Another limiter that counts to the same windows; the same one where nothing is shared. */
  readonly elsewhere: RateLimiter;
}

const LIMITS = {
  grant: { requests: 60, windowSeconds: 60 },
  upload: { requests: 30, windowSeconds: 3_600 },
  list: { requests: 5, windowSeconds: 3 },
} as const satisfies CountedLimits;

const OWN = { owner: '', times: 1 } as const;
const ADA: Share = { holder: 'caller', name: 'user:ada', ...OWN };
const BOB: Share = { holder: 'caller', name: 'user:bob', ...OWN };
const STRANGER: Share = { holder: 'address', name: 'address:10.0.0.1', ...OWN };
const KEY: Share = { holder: 'caller', name: 'key:backend', owner: '', times: 3 };
const [KEYS_ADA, KEYS_BOB] = ['ada', 'bob'].map(
  (user): Share => ({ holder: 'member', name: `member:backend:${user}`, owner: 'backend', times: 1 }),
) as [Share, Share];

export function describeRateLimiter(
  name: string,
  create: (limits: CountedLimits) => Promise<RateLimiterHarness>,
): void {
  /** The number of admitted requests among `times` concurrent ones, at both limiters in turn. */
  async function admitted(
    { limiter, elsewhere }: RateLimiterHarness,
    taking: readonly Taking[],
    times: number,
  ): Promise<number> {
    const all = Array.from({ length: times }, (_, index) => (index % 2 === 0 ? limiter : elsewhere).take(taking));
    return (await Promise.all(all)).filter(areTaken).length * (taking[0]?.requests ?? 0);
  }
  const areTaken = (taken: readonly (Taken | undefined)[]): boolean => taken.every((each) => each?.isAdmitted);
  const taking = (share: Share, requests: number, held = 0): Taking => ({ policy: 'grant', share, requests, held });
  const one = (share: Share, policy: Taking['policy'] = 'grant'): Taking[] => [{ ...taking(share, 1), policy }];

  describe(`${name} as a rate limiter`, () => {
    it('admits exactly the limit of 200 concurrent requests', async () => {
      await using harness = await create(LIMITS);
      assert.equal(await admitted(harness, one(ADA), 200), 60);
      assert.equal(await admitted(harness, one(ADA), 1), 0);
    });

    it('takes back what was taken in the window, and never more', async () => {
      await using harness = await create(LIMITS);
      await harness.limiter.take([taking(ADA, 60)]);
      assert.equal(await admitted(harness, one(ADA), 2), 0);
      await harness.elsewhere.take([taking(ADA, -1)]);
      assert.equal(await admitted(harness, one(ADA), 2), 1);
      await harness.limiter.take([taking(BOB, -1)]);
      assert.equal(await admitted(harness, one(BOB), 62), 60);
    });

    it('tells what is left of the window, and when it ends', async () => {
      await using harness = await create(LIMITS);
      const [first] = await harness.limiter.take(one(ADA));
      assert.deepEqual(first, { isAdmitted: true, limit: LIMITS.grant, remaining: 59, resetSeconds: 60 });
      const [second] = await harness.elsewhere.take([taking(ADA, 9)]);
      assert.equal(second?.remaining, 50);
      assert.ok(second.resetSeconds >= 1 && second.resetSeconds <= 60);
    });

    it('takes all requests of a batch, or none', async () => {
      await using harness = await create(LIMITS);
      const batch = [taking(ADA, 50)];
      assert.equal(areTaken(await harness.limiter.take(batch)), true);
      const [refused] = await harness.elsewhere.take(batch);
      assert.deepEqual(
        { ...refused, resetSeconds: 0 },
        { isAdmitted: false, limit: LIMITS.grant, remaining: 0, resetSeconds: 0 },
      );
      assert.equal(await admitted(harness, one(ADA), 20), 10);
    });

    it('refuses a batch beyond the limit, which leaves the window as it was', async () => {
      await using harness = await create(LIMITS);
      const [refused] = await harness.limiter.take([taking(ADA, 61)]);
      assert.deepEqual([refused?.isAdmitted, refused?.resetSeconds], [false, 60]);
      assert.equal(await admitted(harness, one(ADA), 100), 60);
    });

    it('admits at most the limit of concurrent batches', async () => {
      await using harness = await create(LIMITS);
      const batches = await admitted(harness, [taking(ADA, 7)], 50);
      assert.ok(batches > 0 && batches <= 60);
      assert.equal(batches + (await admitted(harness, one(ADA), 100)), 60);
    });

    it('counts each share and each policy apart', async () => {
      await using harness = await create(LIMITS);
      assert.equal(await admitted(harness, one(ADA), 100), 60);
      assert.equal(await admitted(harness, one(BOB), 100), 60);
      assert.equal(await admitted(harness, one(ADA, 'upload'), 100), 30);
      assert.equal(await admitted(harness, one(STRANGER), 100), 60);
    });

    it('counts no policy without a limit', async () => {
      await using harness = await create(LIMITS);
      assert.deepEqual(await harness.limiter.take(one(ADA, 'read')), [undefined]);
      const [read, grant] = await harness.limiter.take([...one(ADA, 'read'), ...one(ADA)]);
      assert.deepEqual([read, grant?.remaining], [undefined, 59]);
    });

    it('takes from two shares, of which one has a multiple of the limit, or from none', async () => {
      await using harness = await create(LIMITS);
      assert.equal(await admitted(harness, [taking(KEYS_ADA, 1), taking(KEY, 1)], 200), 60);
      const [ada, key] = await harness.limiter.take([taking(KEYS_ADA, 1), taking(KEY, 1)]);
      assert.deepEqual([ada?.isAdmitted, ada?.remaining, ada?.limit.requests], [false, 0, 60]);
      assert.deepEqual([key?.isAdmitted, key?.remaining, key?.limit.requests], [true, 120, 180]);
      assert.equal(await admitted(harness, [taking(KEYS_BOB, 1), taking(KEY, 1)], 50), 50);
      assert.equal(await admitted(harness, one(KEY), 100), 70);
      const [bob, full] = await harness.elsewhere.take([taking(KEYS_BOB, 1), taking(KEY, 1)]);
      assert.deepEqual([bob?.isAdmitted, bob?.remaining, full?.isAdmitted], [true, 10, false]);
    });

    it('takes from a hundred shares, or from none', async () => {
      await using harness = await create(LIMITS);
      const users = Array.from(
        { length: 100 },
        (_, index): Share => ({ ...KEYS_ADA, name: `member:backend:${index}` }),
      );
      const batch = [...users.map((share) => taking(share, 1)), taking(KEY, 100)];
      assert.equal(areTaken(await harness.limiter.take(batch)), true);
      const refused = await harness.elsewhere.take(batch);
      assert.deepEqual(new Set(refused.slice(0, -1).map((taken) => taken?.remaining)), new Set([59]));
      assert.deepEqual([refused.at(-1)?.isAdmitted, refused.at(-1)?.remaining], [false, 0]);
      assert.equal(await admitted(harness, one(KEY), 100), 80);
    });

    it('gives back what a refused request held, and no more than is used', async () => {
      await using harness = await create(LIMITS);
      const [full, held] = [[taking(KEYS_ADA, 60)], [taking(KEYS_ADA, 1), taking(KEY, 0, 2)]];
      await harness.limiter.take([...full, taking(KEY, 3)]);
      for (const remaining of [179, 180, 180]) {
        const [ada, key] = await harness.elsewhere.take(held);
        assert.deepEqual([ada?.isAdmitted, key?.isAdmitted, key?.remaining], [false, true, remaining]);
      }
      assert.equal(await admitted(harness, one(KEY), 200), 180);
    });

    it('keeps what an admitted request held', async () => {
      await using harness = await create(LIMITS);
      await harness.limiter.take(one(KEY));
      const [, key] = await harness.elsewhere.take([taking(KEYS_ADA, 1), taking(KEY, 0, 1)]);
      assert.equal(key?.remaining, 179);
      assert.equal((await harness.limiter.take(one(KEY)))[0]?.remaining, 178);
    });

    it('admits the limit again in the next window, also to a share that kept asking', async () => {
      await using harness = await create(LIMITS);
      assert.equal(await admitted(harness, one(ADA, 'list'), 20), 5);
      while (!areTaken(await harness.limiter.take(one(ADA, 'list')))) await delay(10);
      assert.equal(await admitted(harness, one(ADA, 'list'), 20), 4);
    });
  });
}
