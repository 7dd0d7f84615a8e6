import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import { NOW, newImageId, sampleKeyUse, samplePending } from './sample-images.fixture.ts';

/** The part of the contract about Idempotency-Keys. */
export function describeKeyUses(create: () => Promise<ImageRepositoryHarness>): void {
  describe('the use of an Idempotency-Key', () => {
    it('is added once, and later callers get all of its fields', async () => {
      await using harness = await create();
      const [first, second] = [sampleKeyUse(), sampleKeyUse({ fingerprint: 'ef'.repeat(32), leaseUntil: null })];
      assert.equal(await harness.images.useKey(first, NOW), undefined);
      assert.deepEqual(await harness.images.useKey(second, NOW), first);
      assert.deepEqual(await harness.images.useKey(second, NOW), first);
    });

    it('belongs to one user and one key, compared exactly', async () => {
      await using harness = await create();
      const uses = [
        sampleKeyUse(),
        sampleKeyUse({ userId: 'bob' }),
        sampleKeyUse({ key: 'upload 2' }),
        sampleKeyUse({ key: 'Upload 1' }),
        sampleKeyUse({ userId: 'ada upload', key: '1' }),
        sampleKeyUse({ key: "'; --", leaseUntil: null }),
        sampleKeyUse({ userId: 'a#b', key: 'c' }),
        sampleKeyUse({ userId: 'a', key: 'b#c' }),
      ];
      for (const use of uses) assert.equal(await harness.images.useKey(use, NOW), undefined);
      for (const use of uses) assert.deepEqual(await harness.images.useKey({ ...use, fingerprint: '' }, NOW), use);
    });

    it('goes to exactly one of twenty concurrent callers', async () => {
      await using harness = await create();
      const rivals = Array.from({ length: 20 }, () => samplePending());
      const uses = rivals.map(({ id }) => sampleKeyUse({ imageId: id }));
      const standing = await Promise.all(uses.map((use, index) => harness.images.useKey(use, NOW, rivals[index])));
      assert.equal(standing.filter((use) => use === undefined).length, 1);
      const winner = uses[standing.indexOf(undefined)];
      for (const use of standing) if (use !== undefined) assert.deepEqual(use, winner);
      const records = await Promise.all(rivals.map(({ id }) => harness.images.get(id)));
      assert.deepEqual(
        records.filter((record) => record !== undefined).map(({ id }) => id),
        [winner?.imageId],
      );
    });

    it('ends when it expires, and the next use replaces it', async () => {
      await using harness = await create();
      const [expiring, next] = [sampleKeyUse(), sampleKeyUse({ fingerprint: 'ef'.repeat(32), leaseUntil: null })];
      await harness.images.useKey(expiring, NOW);
      const justBefore = new Date(expiring.expiresAt.getTime() - 1);
      assert.deepEqual(await harness.images.useKey(next, justBefore), expiring);
      const renewed = { ...next, expiresAt: new Date(expiring.expiresAt.getTime() + 86_400_000) };
      assert.equal(await harness.images.useKey(renewed, expiring.expiresAt), undefined);
      assert.deepEqual(await harness.images.useKey(expiring, expiring.expiresAt), renewed);
      assert.equal(await harness.images.replaceKeyUse(expiring, null), false);
    });

    it('is found by its user and key while it lives, and nothing is written', async () => {
      await using harness = await create();
      const { images } = harness;
      const use = sampleKeyUse();
      assert.equal(await images.findKeyUse(use, NOW), undefined);
      assert.equal(await images.useKey(use, NOW), undefined);
      const { userId, key, expiresAt } = use;
      assert.deepEqual(await images.findKeyUse({ userId, key }, NOW), use);
      assert.deepEqual(await images.findKeyUse({ userId, key }, new Date(expiresAt.getTime() - 1)), use);
      assert.equal(await images.findKeyUse({ userId, key }, expiresAt), undefined);
      for (const other of [
        { userId: 'bob', key },
        { userId, key: 'another' },
      ])
        assert.equal(await images.findKeyUse(other, NOW), undefined);
      assert.equal(await images.replaceKeyUse(use, null), true);
      assert.equal(await images.findKeyUse(use, NOW), undefined);
    });

    it('is added together with its image', async () => {
      await using harness = await create();
      const image = samplePending();
      const use = sampleKeyUse({ imageId: image.id });
      assert.equal(await harness.images.useKey(use, NOW, image), undefined);
      assert.deepEqual(await harness.images.get(image.id), image);
    });

    it('adds no image if another use exists', async () => {
      await using harness = await create();
      const [first, image] = [sampleKeyUse(), samplePending()];
      await harness.images.useKey(first, NOW);
      assert.deepEqual(await harness.images.useKey(sampleKeyUse({ imageId: image.id }), NOW, image), first);
      assert.equal(await harness.images.get(image.id), undefined);
    });

    it('is not added if the id of its image is taken, and replaces no expired use then', async () => {
      await using harness = await create();
      const [image, free] = [samplePending(), samplePending()];
      const use = sampleKeyUse({ imageId: image.id });
      await harness.images.create(image);
      const outcomes = await Promise.allSettled([
        harness.images.useKey(use, NOW, { ...image, userId: 'eve' }),
        harness.images.useKey(sampleKeyUse({ key: 'another', imageId: free.id }), NOW, free),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['rejected', 'fulfilled'],
      );
      await assert.rejects(harness.images.useKey(use, NOW, image), new RegExp(`${image.id} is taken`));
      assert.deepEqual(await harness.images.get(image.id), image);
      assert.deepEqual(await harness.images.get(free.id), free);
      assert.equal(await harness.images.useKey(use, NOW), undefined);
      await assert.rejects(harness.images.useKey(sampleKeyUse(), use.expiresAt, image), /is taken/);
      assert.deepEqual(await harness.images.useKey(use, NOW), use);
    });

    it('can be replaced, and is then found in its new form', async () => {
      await using harness = await create();
      const use = sampleKeyUse();
      await harness.images.useKey(use, NOW);
      const renewed = { ...use, leaseUntil: new Date(NOW.getTime() + 60_000) };
      const done = { ...use, leaseUntil: null, expiresAt: new Date(NOW.getTime() + 1_000) };
      assert.equal(await harness.images.replaceKeyUse(use, renewed), true);
      assert.equal(await harness.images.replaceKeyUse(use, done), false);
      assert.equal(await harness.images.replaceKeyUse(renewed, done), true);
      assert.deepEqual(await harness.images.useKey(use, NOW), done);
      const retaken = { ...use, fingerprint: 'ef'.repeat(32), imageId: newImageId() };
      assert.equal(await harness.images.replaceKeyUse(done, retaken), true);
      assert.deepEqual(await harness.images.useKey(use, NOW), retaken);
    });

    it('is taken over by exactly one of twenty callers after its lease', async () => {
      await using harness = await create();
      const abandoned = sampleKeyUse();
      await harness.images.useKey(abandoned, NOW);
      const taken = Array.from({ length: 20 }, (_, index) => ({
        ...abandoned,
        leaseUntil: new Date(NOW.getTime() + 60_000 + index),
      }));
      const won = await Promise.all(taken.map((to) => harness.images.replaceKeyUse(abandoned, to)));
      assert.equal(won.filter((isWinner) => isWinner).length, 1);
      assert.deepEqual(await harness.images.useKey(abandoned, NOW), taken[won.indexOf(true)]);
    });

    it('can be freed alone, and the next caller gets the key', async () => {
      await using harness = await create();
      const use = sampleKeyUse();
      const others = [
        { ...use, userId: 'bob' },
        { ...use, key: 'upload 2' },
      ];
      for (const one of [use, ...others]) await harness.images.useKey(one, NOW);
      assert.equal(await harness.images.replaceKeyUse(use, null), true);
      assert.equal(await harness.images.replaceKeyUse(use, null), false);
      assert.equal(await harness.images.replaceKeyUse(use, use), false);
      for (const other of others) assert.deepEqual(await harness.images.useKey(other, NOW), other);
      assert.equal(await harness.images.useKey({ ...use, leaseUntil: null }, NOW), undefined);
    });

    it('is neither replaced nor freed by a caller with another fingerprint, image or lease', async () => {
      await using harness = await create();
      const use = sampleKeyUse();
      await harness.images.useKey(use, NOW);
      for (const stale of [
        { fingerprint: 'ef'.repeat(32) },
        { imageId: newImageId() },
        { leaseUntil: null },
        { leaseUntil: NOW },
      ]) {
        assert.equal(await harness.images.replaceKeyUse({ ...use, ...stale }, { ...use, leaseUntil: null }), false);
        assert.equal(await harness.images.replaceKeyUse({ ...use, ...stale }, null), false);
      }
      assert.deepEqual(await harness.images.useKey(use, NOW), use);
    });

    it('never changes its user or key: that is a programming error', async () => {
      await using harness = await create();
      const use = sampleKeyUse();
      await harness.images.useKey(use, NOW);
      await assert.rejects(harness.images.replaceKeyUse(use, { ...use, userId: 'eve' }), /by eve/);
      await assert.rejects(harness.images.replaceKeyUse(use, { ...use, key: 'upload 2' }), /of upload 2/);
      assert.deepEqual(await harness.images.useKey(use, NOW), use);
    });
  });
}
