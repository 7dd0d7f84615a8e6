import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TokenUse } from '../../domain/access/upload-token.ts';
import type { PendingImage } from '../../domain/image/image.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import type { ImageRepository, KeyUse } from './image-repository.ts';
import { NOW, sampleKeyUse, samplePending, sampleTokenUse } from './sample-images.fixture.ts';

type Add = (images: ImageRepository, image: PendingImage, use: TokenUse) => Promise<boolean>;

/** Both ways to add a record that a token permits. Each image has an Idempotency-Key of its own. */
const WAYS: Readonly<Record<string, Add>> = {
  'a new record': (images, image, use) => images.create(image, use),
  'a new record with an Idempotency-Key': async (images, image, use) =>
    (await images.useKey(keyOf(image), NOW, image, use)) === undefined,
};

/** The part of the contract about upload tokens that permit a number of uploads. */
export function describeTokenUses(create: () => Promise<ImageRepositoryHarness>): void {
  describe('the use of an upload token', () => {
    for (const [way, add] of Object.entries(WAYS)) {
      it(`is counted with ${way}: of 50 concurrent ones exactly as many succeed as it permits, and the others write nothing`, async () => {
        await using harness = await create();
        const { images } = harness;
        const use = sampleTokenUse({ maxImages: 7 });
        const rivals = Array.from({ length: 50 }, () => samplePending());
        const outcomes = await Promise.allSettled(rivals.map((image) => add(images, image, use)));
        const won = rivals.filter((_, n) => outcomes[n]?.status === 'fulfilled');
        assert.equal(won.length, 7);
        for (const outcome of outcomes) {
          if (outcome.status === 'fulfilled') assert.equal(outcome.value, true);
          else assert.equal(outcome.reason.code, USED_UP.code);
        }
        for (const image of rivals) {
          const isWritten = won.includes(image);
          assert.deepEqual(await images.get(image.id), isWritten ? image : undefined);
          const isKeyTaken = isWritten && way !== 'a new record';
          assert.deepEqual(await images.useKey(keyOf(image), NOW), isKeyTaken ? keyOf(image) : undefined);
        }
      });

      it(`fails alone with ${way} when the token is used up, beside writes at the same time`, async () => {
        await using harness = await create();
        const { images } = harness;
        const [used, other] = [sampleTokenUse(), sampleTokenUse()];
        assert.equal(await add(images, samplePending(), used), true);
        const neighbours = [samplePending(), samplePending(), samplePending()] as const;
        const keyed = sampleKeyUse({ key: 'neighbour' });
        const outcomes = await Promise.allSettled([
          images.create(neighbours[0]),
          add(images, samplePending(), used),
          add(images, neighbours[1], other),
          images.useKey(keyed, NOW),
          add(images, samplePending(), used),
          images.create(neighbours[2]),
        ]);
        assert.deepEqual(
          outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code)),
          [true, USED_UP.code, true, undefined, USED_UP.code, true],
        );
        for (const image of neighbours) assert.deepEqual(await images.get(image.id), image);
        assert.deepEqual(await images.useKey(keyed, NOW), keyed);
      });
    }

    it('is counted together for records with and without an Idempotency-Key', async () => {
      await using harness = await create();
      const use = sampleTokenUse({ maxImages: 2 });
      const ways = Object.values(WAYS);
      for (const add of ways) assert.equal(await add(harness.images, samplePending(), use), true);
      for (const add of ways) await assert.rejects(add(harness.images, samplePending(), use), USED_UP);
    });

    it('says when none is left, and counts nothing', async () => {
      await using harness = await create();
      const { images } = harness;
      const use = sampleTokenUse({ maxImages: 2 });
      for (const add of Object.values(WAYS)) {
        for (const _ of [1, 2, 3]) assert.equal(await images.isUsedUp(use), false);
        assert.equal(await add(images, samplePending(), use), true);
      }
      assert.equal(await images.isUsedUp(use), true);
      assert.equal(await images.isUsedUp({ ...use, maxImages: 3 }), false);
      assert.equal(await images.isUsedUp({ ...use, tokenId: 'another' }), false);
    });

    it('is counted for each token, compared exactly, and for none without a limit', async () => {
      await using harness = await create();
      for (const tokenId of ['token', 'Token', 'token ', 'token#', 'token%23', "'; --"]) {
        const use = sampleTokenUse({ tokenId });
        assert.equal(await harness.images.create(samplePending(), use), true, tokenId);
        await assert.rejects(harness.images.create(samplePending(), use), USED_UP, tokenId);
      }
      assert.equal(await harness.images.create(samplePending()), true);
      assert.equal(await harness.images.useKey(sampleKeyUse(), NOW, samplePending()), undefined);
    });

    it('is not counted by a repeated Idempotency-Key, which is answered also once the token is used up', async () => {
      await using harness = await create();
      const { images } = harness;
      const use = sampleTokenUse({ maxImages: 2 });
      const [first, second, third] = [samplePending(), samplePending(), samplePending()];
      const repeat = async () => {
        const again = { ...keyOf(first), imageId: samplePending().id };
        assert.deepEqual(await images.useKey(again, NOW, samplePending({ id: again.imageId }), use), keyOf(first));
        assert.equal(await images.get(again.imageId), undefined);
      };
      assert.equal(await images.useKey(keyOf(first), NOW, first, use), undefined);
      for (let times = 0; times < 3; times += 1) await repeat();
      assert.equal(await images.useKey(keyOf(second), NOW, second, use), undefined);
      await assert.rejects(images.useKey(keyOf(third), NOW, third, use), USED_UP);
      await repeat();
    });

    it('is not counted for an id that is taken', async () => {
      await using harness = await create();
      const { images } = harness;
      const use = sampleTokenUse({ maxImages: 2 });
      const taken = samplePending();
      assert.equal(await images.create(taken, use), true);
      assert.equal(await images.create({ ...taken, userId: 'eve' }, use), false);
      await assert.rejects(images.useKey(keyOf(taken), NOW, { ...taken, userId: 'eve' }, use), /is taken/);
      assert.equal(await images.create(samplePending(), use), true);
      assert.equal(await images.create({ ...taken, userId: 'eve' }, use), false, 'also once the token is used up');
      assert.deepEqual(await images.get(taken.id), taken);
    });

    it('leaves an expired use of the key as it is when the token is used up', async () => {
      await using harness = await create();
      const { images } = harness;
      const [use, image] = [sampleTokenUse(), samplePending()];
      const expired = keyOf(image);
      assert.equal(await images.create(samplePending(), use), true);
      await images.useKey(expired, NOW);
      const next = { ...expired, fingerprint: 'ef'.repeat(32), expiresAt: new Date(NOW.getTime() + 10 * 86_400_000) };
      await assert.rejects(images.useKey(next, expired.expiresAt, image, use), USED_UP);
      assert.deepEqual(await images.useKey(next, NOW), expired);
      assert.equal(await images.get(image.id), undefined);
    });

    it('is forgotten from its last day on, and not before, for any number of tokens', async (t) => {
      await using harness = await create();
      if (harness.forgets === 'by itself')
        return t.skip('this store removes expired counts by itself, some time later');
      const { images } = harness;
      const at = (ms: number) => new Date(NOW.getTime() + ms);
      const uses = Array.from({ length: 1_200 }, (_, n) => sampleTokenUse({ forgetAt: at(n) }));
      await Promise.all(uses.map((use) => images.create(samplePending(), use)));
      await images.forget(at(1_100));
      const again = await Promise.allSettled(uses.map((use) => images.create(samplePending(), use)));
      assert.deepEqual(
        again.map(({ status }) => status),
        uses.map((_, n) => (n <= 1_100 ? 'fulfilled' : 'rejected')),
      );
    });
  });
}

const USED_UP = { code: 'upload-token-used-up' } as const;

const keyOf = ({ id }: PendingImage): KeyUse => sampleKeyUse({ key: id, imageId: id });
