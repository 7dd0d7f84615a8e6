import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../domain/errors.ts';
import { expire, type Image, type PendingImage, reject, restore, tombstone, trash } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { type DefaultLimits, type Limits, UNLIMITED } from '../../domain/usage/quota.ts';
import type { StatusCounts } from '../../domain/usage/status-counts.ts';
import { isSameUsage, NO_USAGE, plus, type Usage, usageOf } from '../../domain/usage/usage.ts';
import type { ImageRepository } from '../images/image-repository.ts';
import { NOW, sampleHeld, sampleKeyUse, samplePending, samplePublished } from '../images/sample-images.fixture.ts';
import { live, STEPS } from './image-lives.fixture.ts';
import type { UsageRepair, UsageRepository } from './usage-repository.ts';

/** The harness of an adapter that counts. */
export interface UsageHarness extends AsyncDisposable {
  readonly images: ImageRepository;
  readonly usage: UsageRepository;
  /** The images, for a process that doesn't count. */
  readonly uncounted: ImageRepository;
  /** Adds an error to the stored usage of an owner. */
  plant(userId: string, error: Usage): Promise<void>;
  /** Adds an error to the stored counts of an owner's images by status. */
  plantCounts(userId: string, error: Pick<StatusCounts, 'ready' | 'trashed'>): Promise<void>;
}

const LIMITS: Limits = { bytes: 100_000, images: 20, pending: 10 };
/** Only owners of some prefixes have limits. */
const BY_PREFIX: DefaultLimits = {
  ...UNLIMITED,
  byPrefix: [
    { prefix: 'acme:vip:old:', limits: { ...UNLIMITED, pending: 1 } },
    { prefix: 'acme:vip:', limits: UNLIMITED },
    { prefix: 'acm\u00e9:', limits: { ...UNLIMITED, pending: 3 } },
    { prefix: 'acme:', limits: { ...UNLIMITED, pending: 2 } },
  ],
};
const SIZE = 1_000;
/** As large as `samplePublished`. */
const STORED = 1_234;
const pendingOf = (fields: Partial<PendingImage> = {}): PendingImage =>
  samplePending({ reservedBytes: SIZE, ...fields });

export function describeUsage(name: string, create: (defaults: DefaultLimits) => Promise<UsageHarness>): void {
  describe(`${name} as a usage repository`, () => {
    it('counts what an owner stores and reserves, in every state of an image', async () => {
      await using harness = await create(LIMITS);
      const { images } = harness;
      const used = async () => (await harness.usage.usageOf('ada')).usage;
      const change = async <Next extends Image>(from: Image, to: Next): Promise<Next> => {
        assert.equal(await images.replace(from, to), true);
        return to;
      };
      assert.deepEqual(await used(), NO_USAGE);
      const [one, two, three, four] = [pendingOf(), pendingOf(), pendingOf(), pendingOf({ reservedBytes: 5_000 })];
      for (const image of [one, two, three, four]) assert.equal(await images.create(image), true);
      assert.deepEqual(await used(), { ...NO_USAGE, pending: 4, reservedBytes: 8_000 });
      const ready = await change(four, samplePublished(four));
      assert.deepEqual(await used(), { ...NO_USAGE, pending: 3, reservedBytes: 3_000, images: 1, bytes: STORED });
      await change(one, reject(one, { code: 'empty-upload', detail: 'no bytes' }, NOW));
      await change(two, expire(two, NOW));
      await change(three, tombstone(three, NOW));
      assert.deepEqual(await used(), { ...NO_USAGE, images: 1, bytes: STORED });
      const trashed = await change(ready, trash(ready, NOW, NOW));
      assert.deepEqual(await used(), { ...NO_USAGE, images: 1, bytes: STORED, trashedBytes: STORED });
      const restored = await change(trashed, restore(trashed, NOW, []));
      assert.deepEqual(await used(), { ...NO_USAGE, images: 1, bytes: STORED });
      await change(restored, tombstone(restored, NOW));
      assert.deepEqual(await used(), NO_USAGE);
    });

    it('counts each owner apart, and a lost race not at all', async () => {
      await using harness = await create(LIMITS);
      const [adas, bobs] = [pendingOf(), pendingOf({ userId: 'bob' })];
      for (const image of [adas, bobs]) await harness.images.create(image);
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          harness.images.replace(adas, index % 2 === 0 ? samplePublished(adas) : tombstone(adas, NOW)),
        ),
      );
      assert.equal(outcomes.filter(Boolean).length, 1);
      const record = await harness.images.get(adas.id);
      assert.deepEqual((await harness.usage.usageOf('ada')).usage, record ? usageOf(record) : NO_USAGE);
      assert.deepEqual((await harness.usage.usageOf('bob')).usage, { ...NO_USAGE, pending: 1, reservedBytes: SIZE });
    });

    for (const [limit, limits, fitting, fault] of [
      ['bytes', { ...LIMITS, bytes: 7_999 }, 7, { max: 7_999, used: 0, reserved: 7_000, asked: SIZE }],
      ['images', { ...LIMITS, images: 8 }, 8, { max: 8, used: 0, reserved: 8, asked: 1 }],
      ['pending', { ...LIMITS, pending: 5 }, 5, { max: 5, used: 5, reserved: 0, asked: 1 }],
    ] as const) {
      it(`lets exactly as many of fifty concurrent uploads through as fit into the ${limit}`, async () => {
        await using harness = await create(limits);
        const outcomes = await Promise.allSettled(
          Array.from({ length: 50 }, (_, index) => {
            const image = pendingOf();
            return index % 2 === 0
              ? harness.images.create(image)
              : harness.images.useKey(sampleKeyUse({ key: `${index}`, imageId: image.id }), NOW, image);
          }),
        );
        const refusals = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
        assert.equal(outcomes.length - refusals.length, fitting);
        for (const { code, quota } of refusals) {
          assert.equal(code, 'quota-exceeded');
          assert.deepEqual(quota, { limit, ...fault });
        }
        assert.equal((await harness.usage.usageOf('ada')).usage.pending, fitting);
        const next = pendingOf({ userId: 'bob' });
        assert.equal(await harness.images.create(next), true);
      });
    }

    it('neither writes nor reserves anything for a refused upload, and nothing for a repeated key', async () => {
      await using harness = await create({ ...LIMITS, pending: 1 });
      const [first, second] = [pendingOf(), pendingOf()];
      const use = sampleKeyUse({ imageId: first.id, leaseUntil: null });
      assert.equal(await harness.images.useKey(use, NOW, first), undefined);
      assert.deepEqual(await harness.images.useKey({ ...use, imageId: second.id }, NOW, second), use);
      const refused = sampleKeyUse({ key: 'other', imageId: second.id });
      await assert.rejects(harness.images.useKey(refused, NOW, second), { code: 'quota-exceeded' });
      await assert.rejects(harness.images.create(second), { code: 'quota-exceeded' });
      assert.equal(await harness.images.get(second.id), undefined);
      assert.equal(await harness.images.create(first), false, 'expected a taken id to be told before a full quota');
      assert.deepEqual((await harness.usage.usageOf('ada')).usage, { ...NO_USAGE, pending: 1, reservedBytes: SIZE });
      assert.equal(await harness.images.replace(first, tombstone(first, NOW)), true);
      assert.equal(await harness.images.useKey(refused, NOW, second), undefined);
    });

    it('never refuses a transition, also over the limit', async () => {
      await using harness = await create(LIMITS);
      const image = pendingOf();
      await harness.images.create(image);
      await harness.usage.setLimits('ada', { bytes: 0, images: 0, pending: 0 });
      const ready = samplePublished(image);
      const trashed = trash(ready, NOW, NOW);
      for (const [from, to] of [
        [image, ready],
        [ready, trashed],
        [trashed, restore(trashed, NOW, [])],
      ] as const)
        assert.equal(await harness.images.replace(from, to), true);
    });

    it('prefers limits of the owner to the configured ones, until they are removed', async () => {
      await using harness = await create({ ...LIMITS, pending: 0 });
      const asConfigured = { limits: { ...LIMITS, pending: 0 }, hasOwnLimits: false };
      const own: Limits = { bytes: null, images: 1, pending: null };
      const standing = async () => {
        const { limits, hasOwnLimits } = await harness.usage.usageOf('ada');
        return { limits, hasOwnLimits };
      };
      assert.deepEqual(await standing(), asConfigured);
      await assert.rejects(harness.images.create(pendingOf()), { code: 'quota-exceeded' });
      await harness.usage.setLimits('ada', own);
      assert.deepEqual(await standing(), { limits: own, hasOwnLimits: true });
      assert.equal(await harness.images.create(pendingOf()), true);
      await assert.rejects(harness.images.create(pendingOf()), { code: 'quota-exceeded' });
      await assert.rejects(harness.images.create(pendingOf({ userId: 'bob' })), { code: 'quota-exceeded' });
      await harness.usage.setLimits('ada', { bytes: null, images: null, pending: null });
      for (let n = 0; n < 12; n += 1) assert.equal(await harness.images.create(pendingOf()), true);
      assert.equal((await harness.usage.usageOf('ada')).usage.pending, 13);
      await harness.usage.setLimits('ada', null);
      assert.deepEqual(await standing(), asConfigured);
      await assert.rejects(harness.images.create(pendingOf()), { code: 'quota-exceeded' });
      assert.equal((await harness.usage.usageOf('ada')).usage.pending, 13);
    });

    it('limits each owner by the longest prefix of its id, unless it has limits of its own', async () => {
      await using harness = await create(BY_PREFIX);
      const { images, usage } = harness;
      const grant = async (userId: string) => {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 8 }, () => images.create(pendingOf({ userId }))),
        );
        return outcomes.filter(({ status }) => status === 'fulfilled').length;
      };
      for (const [userId, pending] of [
        ['acme:ada', 2],
        ['acme:', 2],
        ['acme:vip', 2],
        ['acme:vip:ada', null],
        ['acme:vip:old:ada', 1],
        ['acme', null],
        ['Acme:ada', null],
        ['acm\u00e9:ada', 3],
        ['acme\u0301:ada', null],
      ] as const) {
        const { limits, hasOwnLimits } = await usage.usageOf(userId);
        assert.deepEqual([limits, hasOwnLimits], [{ ...UNLIMITED, pending }, false], userId);
        assert.equal(await grant(userId), pending ?? 8, userId);
        assert.equal((await usage.usageOf(userId)).usage.pending, pending ?? 8, userId);
      }
      await usage.setLimits('acme:ada', { ...UNLIMITED, pending: 4 });
      assert.equal(await grant('acme:ada'), 2);
      await usage.setLimits('acme:vip:ada', { ...UNLIMITED, pending: 10 });
      assert.equal(await grant('acme:vip:ada'), 2);
      for (const userId of ['acme:ada', 'acme:vip:ada']) await usage.setLimits(userId, null);
      assert.deepEqual([await grant('acme:ada'), await grant('acme:vip:ada')], [0, 8]);
    });

    it('is exact after a recount of owners with limits by prefix and owners without', async () => {
      await using harness = await create(BY_PREFIX);
      const { images, usage } = harness;
      const users = ['acme:ada', 'acme:vip:ada', 'acme'];
      for (const userId of users) {
        await images.create(pendingOf({ userId }));
        await harness.plant(userId, { ...NO_USAGE, pending: 5 });
      }
      const repaired: string[] = [];
      await usage.recount(NOW, ({ userId }) => void repaired.push(userId));
      assert.deepEqual(repaired.toSorted(), users.toSorted());
      for (const userId of users)
        assert.deepEqual((await usage.usageOf(userId)).usage, { ...NO_USAGE, pending: 1, reservedBytes: SIZE }, userId);
      assert.deepEqual(await usage.countedSince(), NOW);
      await images.create(pendingOf({ userId: 'acme:ada' }));
      await assert.rejects(images.create(pendingOf({ userId: 'acme:ada' })), { code: 'quota-exceeded' });
    });

    it('is the sum of the records while limits are set and removed under twenty writers', async () => {
      await using harness = await create(UNLIMITED);
      const { images, usage } = harness;
      const ids: ImageId[] = [];
      const write = async (): Promise<void> => {
        const image = pendingOf();
        ids.push(image.id);
        if (!(await unlessRefused(() => images.create(image)))) return;
        await unlessRefused(() => images.replace(image, samplePublished(image)));
      };
      let isOver = false;
      const changing = (async () => {
        for (; !isOver; await unlessRefused(() => usage.setLimits('ada', null)))
          await unlessRefused(() => usage.setLimits('ada', { bytes: null, images: 30, pending: null }));
      })();
      const writers = Array.from({ length: 20 }, async () => {
        for (let n = 0; n < 4; n += 1) await write();
      });
      await Promise.all(writers).finally(() => {
        isOver = true;
      });
      await changing;
      const records = (await Promise.all(ids.map((id) => images.get(id)))).flatMap((record) => record ?? []);
      const used = (await usage.usageOf('ada')).usage;
      assert.deepEqual(used, records.map(usageOf).reduce(plus, NO_USAGE));
      assert.ok(used.images > 0);
      await usage.setLimits('ada', { bytes: null, images: used.images + used.pending + 1, pending: null });
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => images.create(pendingOf())));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    });

    it('lists owners with usage or limits of their own, page by page', async () => {
      await using harness = await create(LIMITS);
      const ids = ['Ada', 'ada', 'a#b', 'bob', "'; --", 'Ω'];
      for (const userId of ids) await harness.images.create(pendingOf({ userId }));
      await harness.usage.setLimits('zoe', { bytes: 1, images: null, pending: null });
      const found: string[] = [];
      for (let after: string | undefined; ; ) {
        const { owners, next } = await harness.usage.findOwners({ after, limit: 3 });
        assert.ok(owners.length <= 3);
        found.push(...owners.map(({ userId }) => userId));
        for (const owner of owners) assert.deepEqual(owner, await harness.usage.usageOf(owner.userId));
        if (next === null) break;
        after = next;
      }
      assert.deepEqual(new Set(found), new Set([...ids, 'zoe']));
      assert.equal(found.length, ids.length + 1);
    });

    it('remembers since when all owners are counted', async () => {
      await using harness = await create(LIMITS);
      assert.equal(await harness.usage.countedSince(), undefined);
      await harness.usage.setCounted(NOW);
      await harness.usage.setCounted(NOW);
      assert.deepEqual(await harness.usage.countedSince(), NOW);
      await harness.usage.setCounted(null);
      assert.equal(await harness.usage.countedSince(), undefined);
    });

    describe('a recount', () => {
      const recount = async ({ usage }: UsageHarness): Promise<UsageRepair[]> => {
        const repairs: UsageRepair[] = [];
        await usage.recount(NOW, (repair) => repairs.push(repair));
        return repairs;
      };

      it('repairs planted errors, tells them, and changes nothing the second time', async () => {
        await using harness = await create(LIMITS);
        for (const userId of ['ada', 'bob']) {
          const [image, other] = [pendingOf({ userId }), pendingOf({ userId })];
          for (const one of [image, other]) await harness.images.create(one);
          await harness.images.replace(image, samplePublished(image));
        }
        const right = { ...NO_USAGE, pending: 1, reservedBytes: SIZE, images: 1, bytes: STORED };
        const error = { bytes: -7, images: 3, trashedBytes: 5, pending: -1, reservedBytes: 11 };
        await harness.plant('ada', error);
        await harness.plant('ghost', { ...NO_USAGE, images: 2 });
        const repairs = await recount(harness);
        assert.deepEqual(
          repairs.toSorted((one, next) => (one.userId < next.userId ? -1 : 1)),
          [
            { userId: 'ada', before: plus(right, error), after: right },
            { userId: 'ghost', before: { ...NO_USAGE, images: 2 }, after: NO_USAGE },
          ],
        );
        for (const userId of ['ada', 'bob']) assert.deepEqual((await harness.usage.usageOf(userId)).usage, right);
        assert.deepEqual(await recount(harness), []);
      });

      it('counts what a process without counting has written, and lists its owners', async () => {
        await using harness = await create(LIMITS);
        const { images, uncounted } = harness;
        const [withoutReservation, bobs] = [samplePending(), pendingOf({ userId: 'bob' })];
        for (const image of [withoutReservation, bobs]) await uncounted.create(image);
        await uncounted.replace(bobs, samplePublished(bobs));
        const used = async (userId: string) => (await harness.usage.usageOf(userId)).usage;
        const owners = async () => (await harness.usage.findOwners({ after: undefined, limit: 10 })).owners;
        assert.deepEqual([await used('ada'), await used('bob'), await owners()], [NO_USAGE, NO_USAGE, []]);
        assert.equal((await recount(harness)).length, 2);
        assert.deepEqual(await used('ada'), { ...NO_USAGE, pending: 1 });
        assert.deepEqual(await used('bob'), { ...NO_USAGE, images: 1, bytes: STORED });
        assert.deepEqual((await owners()).map(({ userId }) => userId).toSorted(), ['ada', 'bob']);
        assert.equal(await images.replace(withoutReservation, samplePublished(withoutReservation)), true);
        assert.deepEqual(await used('ada'), { ...NO_USAGE, images: 1, bytes: STORED });
      });

      it('adds up held images and those in the trash, as counting does', async () => {
        await using harness = await create(LIMITS);
        const { images } = harness;
        const [waiting, thrown] = [pendingOf({ userId: 'ada' }), pendingOf({ userId: 'ada' })];
        for (const image of [waiting, thrown]) await images.create(image);
        assert.ok(await images.replace(waiting, sampleHeld(waiting)));
        const ready = samplePublished(thrown);
        assert.ok(await images.replace(thrown, ready));
        assert.ok(await images.replace(ready, trash(ready, NOW, NOW)));
        const right = { ...NO_USAGE, images: 2, bytes: 2 * STORED, trashedBytes: STORED };
        assert.deepEqual((await harness.usage.usageOf('ada')).usage, right);
        assert.deepEqual(await recount(harness), []);
        assert.deepEqual((await harness.usage.usageOf('ada')).usage, right);
      });

      it('is right also beside another one, of which one may fail', async () => {
        await using harness = await create(LIMITS);
        for (let n = 0; n < 3; n += 1) await harness.images.create(pendingOf());
        await harness.plant('ada', { ...NO_USAGE, bytes: 77, pending: -2 });
        const outcomes = await Promise.allSettled([recount(harness), recount(harness)]);
        assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
        for (const one of outcomes) if (one.status === 'rejected') assert.equal(one.reason.code, 'unavailable');
        const right = { ...NO_USAGE, pending: 3, reservedBytes: 3 * SIZE };
        assert.deepEqual((await harness.usage.usageOf('ada')).usage, right);
        assert.deepEqual(await recount(harness), []);
        assert.deepEqual((await harness.usage.usageOf('ada')).usage, right);
      });

      it('is exact while images are made, published, trashed and deleted', async () => {
        await using harness = await create(UNLIMITED);
        const { images } = harness;
        const stored = new Map<string, Image>();
        const life = async (index: number): Promise<void> => {
          const image = pendingOf({ userId: `user ${index % 3}`, reservedBytes: index });
          await images.create(image);
          stored.set(image.id, image);
          const move = async (from: Image, to: Image): Promise<void> => {
            assert.equal(await images.replace(from, to), true);
            stored.set(image.id, to);
          };
          if (index % 5 === 0) return;
          const ready = samplePublished(image);
          await move(image, ready);
          if (index % 5 === 1) return;
          const trashed = trash(ready, NOW, NOW);
          await move(ready, trashed);
          if (index % 5 === 2) return;
          await move(trashed, index % 5 === 3 ? restore(trashed, NOW, []) : tombstone(trashed, NOW));
        };
        const lives = async (from: number, count: number): Promise<void> => {
          for (let index = from; index < from + count; index += 10)
            await Promise.all(Array.from({ length: 10 }, (_, step) => life(index + step)));
        };
        await lives(0, 100);
        await harness.plant('user 1', { ...NO_USAGE, bytes: 999, pending: 4 });
        const [repairs] = await Promise.all([recount(harness), lives(100, 200)]);
        assert.deepEqual(
          repairs.map(({ userId }) => userId),
          ['user 1'],
        );
        for (const userId of ['user 0', 'user 1', 'user 2']) {
          const records = [...stored.values()].filter((image) => image.userId === userId);
          const sum = records.map(usageOf).reduce(plus, NO_USAGE);
          assert.deepEqual((await harness.usage.usageOf(userId)).usage, sum);
        }
        assert.deepEqual(await recount(harness), []);
      });
    });

    it('equals the sum of the records after any changes', async () => {
      await fc.assert(
        fc.asyncProperty(STEPS, async (steps) => {
          await using harness = await create(UNLIMITED);
          const stored = await live(harness.images, steps);
          const sum = stored.map(usageOf).reduce(plus, NO_USAGE);
          const { usage } = await harness.usage.usageOf('ada');
          assert.ok(isSameUsage(usage, sum), `expected ${JSON.stringify(sum)}; got ${JSON.stringify(usage)}`);
        }),
        { numRuns: 20 },
      );
    });
  });
}

/** false: the write was refused, by a quota or because its limits changed too often. */
async function unlessRefused(write: () => Promise<unknown>): Promise<boolean> {
  try {
    return (await write()) !== false;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'quota-exceeded' || error.code === 'unavailable')) return false;
    throw error;
  }
}
