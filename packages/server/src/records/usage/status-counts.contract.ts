import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../domain/errors.ts';
import { type Image, tombstone } from '../../domain/image/image.ts';
import { type Limits, UNLIMITED } from '../../domain/usage/quota.ts';
import { countsOf, NO_IMAGES, plusCounts, type StatusCounts } from '../../domain/usage/status-counts.ts';
import { NOW, sampleHeld, samplePending, samplePublished } from '../images/sample-images.fixture.ts';
import { changed, live, STEPS } from './image-lives.fixture.ts';
import type { UsageHarness } from './usage.contract.ts';

const OWN: Limits = { bytes: null, images: 1_000, pending: null };

/** Images by status, of a harness whose store is counted from its first image on. */
export function describeStatusCounts(name: string, create: (defaults: Limits) => Promise<UsageHarness>): void {
  describe(`${name} counts images by status`, () => {
    const created = async (defaults: Limits = UNLIMITED): Promise<UsageHarness> => {
      const harness = await create(defaults);
      assert.equal(harness.usage.countsByStatus, true);
      await harness.usage.setCounted(NOW);
      return harness;
    };
    const countsIn = async ({ usage }: UsageHarness, userId = 'ada') => (await usage.usageOf(userId)).byStatus;
    const sumOf = (images: readonly Image[]): StatusCounts => images.map(countsOf).reduce(plusCounts, NO_IMAGES);

    it('with every transition, for its owner alone', async () => {
      await using harness = await created();
      const { images } = harness;
      let [image, other]: [Image, Image] = [samplePending(), samplePending({ userId: 'bob' })];
      for (const one of [image, other]) await images.create(one);
      assert.deepEqual(await countsIn(harness), { ...NO_IMAGES, pending: 1 });
      for (const kind of LIFE) {
        const next = changed(image, kind);
        assert.notEqual(next, image, kind);
        assert.equal(await images.replace(image, next), true, kind);
        image = next;
        assert.deepEqual(await countsIn(harness), sumOf([image]), kind);
      }
      assert.deepEqual(await countsIn(harness), NO_IMAGES);
      assert.deepEqual(await countsIn(harness, 'bob'), { ...NO_IMAGES, pending: 1 });
      for (const end of ['reject', 'expire'] as const) {
        const next = changed(other, end);
        assert.equal(await images.replace(other, next), true);
        assert.deepEqual(await countsIn(harness, 'bob'), NO_IMAGES, 'rejected and expired images are not counted');
        other = samplePending({ userId: 'bob' });
        await images.create(other);
      }
    });

    it('once, whoever wins a race', async () => {
      await using harness = await created();
      const pending = samplePending();
      await harness.images.create(pending);
      const rivals: readonly Image[] = [samplePublished(pending), sampleHeld(pending), tombstone(pending, NOW)];
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, n) => harness.images.replace(pending, rivals[n % rivals.length] ?? pending)),
      );
      assert.equal(outcomes.filter(Boolean).length, 1);
      const record = await harness.images.get(pending.id);
      assert.deepEqual(await countsIn(harness), sumOf(record ? [record] : []));
    });

    it('exactly under fifty concurrent lives, while the owner gets limits and loses them', async () => {
      await using harness = await created();
      const { images, usage } = harness;
      const life = async (length: number): Promise<Image> => {
        const pending = samplePending();
        await untilFree(() => images.create(pending));
        let image: Image = pending;
        for (const kind of LIFE.slice(0, length)) {
          const from: Image = image;
          const next = changed(from, kind);
          assert.equal(await untilFree(() => images.replace(from, next)), true);
          image = next;
        }
        return image;
      };
      let isOver = false;
      const changing = (async () => {
        for (; !isOver; await untilFree(() => usage.setLimits('ada', null)))
          await untilFree(() => usage.setLimits('ada', OWN));
      })();
      const lives = Promise.all(Array.from({ length: 50 }, (_, n) => life(n % (LIFE.length + 1))));
      const stored = await lives.finally(() => {
        isOver = true;
      });
      await changing;
      assert.deepEqual(await countsIn(harness), sumOf(stored));
    });

    it('anew by a recount, which repairs planted errors and tells none of them as usage', async () => {
      await using harness = await created();
      const pending = samplePending();
      await harness.images.create(pending);
      await harness.images.create(samplePending({ userId: 'bob' }));
      await harness.images.replace(pending, samplePublished(pending));
      await harness.plantCounts('ada', { ready: 3, trashed: -1 });
      assert.equal((await countsIn(harness))?.ready, 4);
      await harness.usage.recount(NOW, ({ userId }) => assert.fail(`expected no other usage; got one of ${userId}`));
      assert.deepEqual(await countsIn(harness), { ...NO_IMAGES, ready: 1 });
      assert.deepEqual(await countsIn(harness, 'bob'), { ...NO_IMAGES, pending: 1 });
    });

    it('exactly after a recount beside which images change', async () => {
      await using harness = await created();
      const { images } = harness;
      const before = Array.from({ length: 40 }, () => samplePending());
      await Promise.all(before.map((image) => images.create(image)));
      await harness.plantCounts('ada', { ready: 7, trashed: 7 });
      const stored: Image[] = [];
      const publishing = async (): Promise<void> => {
        for (const [n, image] of before.entries()) {
          const next = n % 3 === 0 ? samplePublished(image) : n % 3 === 1 ? sampleHeld(image) : tombstone(image, NOW);
          assert.equal(await images.replace(image, next), true);
          const late = samplePending();
          await images.create(late);
          stored.push(next, late);
        }
      };
      await Promise.all([harness.usage.recount(NOW, () => undefined), publishing()]);
      assert.deepEqual(await countsIn(harness), sumOf(stored));
    });

    it('as many as its records are, after any changes', async () => {
      await fc.assert(
        fc.asyncProperty(STEPS, async (steps) => {
          await using harness = await created();
          const stored = await live(harness.images, steps);
          assert.deepEqual(await countsIn(harness), sumOf(stored));
        }),
        { numRuns: 20 },
      );
    });
  });
}

/** Again after each refusal of a write whose item changed too often. */
async function untilFree<Result>(write: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'unavailable')) throw error;
    }
  }
}

/** Through every counted state, also from one to the next without a change of the usage. */
const LIFE = [
  'hold',
  'pass',
  'hold again',
  'pass',
  'trash',
  'restore',
  'trash',
  'hold again',
  'pass',
  'delete',
] as const;
