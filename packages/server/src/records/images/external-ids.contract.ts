import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  describe as describeImage,
  expire,
  type Image,
  type LiveImage,
  type PendingImage,
  reject,
  restore,
  tombstone,
  trash,
} from '../../domain/image/image.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import type { ImageRepository } from './image-repository.ts';
import {
  NOW,
  sampleHeld,
  sampleKeyUse,
  samplePending,
  samplePublished,
  sampleTokenUse,
} from './sample-images.fixture.ts';

const ID = 'order-1042/front';
const RIVALS = 50;

const NAMES = ['a', 'b', 'c'] as const;

/** A change of the image at a place, or a new image if there is none. */
const STEPS = fc.record({
  on: fc.nat(4),
  to: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...NAMES) }, fc.constantFrom(null, 'end' as const)),
});

/** The part of the contract about external ids: unique among the images of an owner that haven't ended. */
export function describeExternalIds(create: () => Promise<ImageRepositoryHarness>): void {
  describe('external ids', () => {
    it('lead to the image of that user, and to none of others', async () => {
      await using harness = await create();
      const { images } = harness;
      const ada = await added(images, { externalId: ID });
      const bob = await added(images, { externalId: ID, userId: 'bob' });
      assert.deepEqual(await images.findByExternalId('ada', ID), ada);
      assert.deepEqual(await images.findByExternalId('bob', ID), bob);
      assert.equal(await images.findByExternalId('eve', ID), undefined);
      assert.equal(await images.findByExternalId('ada', 'another'), undefined);
    });

    it('are compared as they are, whatever characters they have', async () => {
      await using harness = await create();
      const { images } = harness;
      const pairs = [
        ['ada', 'b#c'],
        ['ada#b', 'c'],
        ['ada', 'b%23c'],
        ['ada', 'b%c'],
        ['ada', 'Straße'],
        ['ada', 'straße'],
        ['ada', 'e\u0301'],
        ['ada', '\u00e9'],
        ['ada', '0'],
        ['ada', '00'],
        ['ada', "'; DROP TABLE images; --"],
        ['#'.repeat(128), '#'.repeat(200)],
      ] as const;
      const ids = new Map<string, Image>();
      for (const [userId, externalId] of pairs)
        ids.set(JSON.stringify([userId, externalId]), await added(images, { userId, externalId }));
      for (const [userId, externalId] of pairs)
        assert.deepEqual(
          await images.findByExternalId(userId, externalId),
          ids.get(JSON.stringify([userId, externalId])),
          `${userId} ${externalId}`,
        );
    });

    it('are refused with the image that has them, and then nothing is written', async () => {
      await using harness = await create();
      const { images } = harness;
      const holder = await added(images, { externalId: ID });
      const [tokenUse, keyUse] = [sampleTokenUse(), sampleKeyUse()];

      const rival = samplePending({ externalId: ID });
      await assert.rejects(images.create(rival, tokenUse), taken(holder));
      await assert.rejects(images.useKey(keyUse, NOW, rival, tokenUse), taken(holder));
      assert.equal(await images.get(rival.id), undefined);
      assert.equal(await images.findKeyUse(keyUse, NOW), undefined);
      assert.equal(await images.isUsedUp(tokenUse), false);

      const other = await added(images, { externalId: 'other' });
      await assert.rejects(images.replace(other, named(other, ID)), taken(holder));
      assert.deepEqual(await images.get(other.id), other);
      assert.deepEqual(await images.findByExternalId('ada', 'other'), other);
    });

    it('are judged after a token that is used up', async () => {
      await using harness = await create();
      const { images } = harness;
      await added(images, { externalId: ID });
      const tokenUse = sampleTokenUse({ maxImages: 1 });
      assert.equal(await images.create(samplePending({ userId: 'bob' }), tokenUse), true);
      await assert.rejects(images.create(samplePending({ externalId: ID }), tokenUse), {
        code: 'upload-token-used-up',
      });
    });

    it('are of no interest to an image whose own id is taken, or that has changed', async () => {
      await using harness = await create();
      const { images } = harness;
      await added(images, { externalId: ID });
      const other = await added(images, {});
      assert.equal(await images.create({ ...samplePending({ externalId: ID }), id: other.id }), false);
      const changed = describeImage(other, { description: 'changed' }, NOW);
      assert.equal(await images.replace(other, changed), true);
      assert.equal(await images.replace(other, named(other, ID)), false);
    });

    it('of a use of a key that stands are not judged again', async () => {
      await using harness = await create();
      const { images } = harness;
      const first = samplePending({ externalId: ID });
      const use = sampleKeyUse({ imageId: first.id });
      assert.equal(await images.useKey(use, NOW, first), undefined);
      const again = samplePending({ externalId: ID });
      assert.deepEqual(await images.useKey({ ...use, imageId: again.id }, NOW, again), use);
    });

    const ENDS: Readonly<Record<string, (images: ImageRepository) => Promise<Image>>> = {
      'a rejected image': async (images) => {
        const pending = await added(images, { externalId: ID });
        return replaced(images, pending, reject(pending, { code: 'empty-upload', detail: 'none' }, NOW));
      },
      'an expired image': async (images) => {
        const pending = await added(images, { externalId: ID });
        return replaced(images, pending, expire(pending, NOW));
      },
      'a deleted pending image': async (images) => {
        const pending = await added(images, { externalId: ID });
        return replaced(images, pending, tombstone(pending, NOW));
      },
      'a refused held image': async (images) => {
        const pending = await added(images, { externalId: ID });
        const held = await replaced(images, pending, sampleHeld(pending));
        return replaced(images, held, reject(held, { code: 'refused-by-gate', detail: 'no' }, NOW));
      },
      'a deleted ready image': async (images) => {
        const ready = await published(images, ID);
        return replaced(images, ready, tombstone(ready, NOW));
      },
      'a purged image': async (images) => {
        const ready = await published(images, ID);
        const trashed = await replaced(images, ready, trash(ready, NOW, NOW));
        return replaced(images, trashed, tombstone(trashed, NOW));
      },
    };
    for (const [ended, end] of Object.entries(ENDS))
      it(`of ${ended} are free`, async () => {
        await using harness = await create();
        const { images } = harness;
        const { externalId } = await end(images);
        assert.equal(externalId, null);
        assert.equal(await images.findByExternalId('ada', ID), undefined);
        const next = await added(images, { externalId: ID });
        assert.deepEqual(await images.findByExternalId('ada', ID), next);
      });

    it('stay with an image that is held, published, trashed and restored', async () => {
      await using harness = await create();
      const { images } = harness;
      const pending = await added(images, { externalId: ID });
      const held = await replaced(images, pending, sampleHeld(pending));
      assert.deepEqual(await images.findByExternalId('ada', ID), held);
      await replaced(images, held, tombstone(held, NOW));

      const ready = await published(images, ID);
      assert.deepEqual(await images.findByExternalId('ada', ID), ready);
      const trashed = await replaced(images, ready, trash(ready, NOW, NOW));
      assert.deepEqual(await images.findByExternalId('ada', ID), trashed);
      await assert.rejects(images.create(samplePending({ externalId: ID })), taken(trashed));
      const restored = await replaced(images, trashed, restore(trashed, NOW, []));
      assert.deepEqual(await images.findByExternalId('ada', ID), restored);
    });

    it('are set, changed and removed by a change of the image, which frees the former one', async () => {
      await using harness = await create();
      const { images } = harness;
      const plain = await published(images, null);
      const first = await replaced(images, plain, named(plain, ID));
      assert.deepEqual(await images.findByExternalId('ada', ID), first);
      const second = await replaced(images, first, named(first, 'second'));
      assert.deepEqual(await images.findByExternalId('ada', 'second'), second);
      const rival = await added(images, { externalId: ID });
      assert.deepEqual(await images.findByExternalId('ada', ID), rival);
      const none = await replaced(images, second, named(second, null));
      assert.equal(await images.findByExternalId('ada', 'second'), undefined);
      await replaced(images, rival, named(rival, null));
      const again = await replaced(images, none, named(none, ID));
      assert.deepEqual(await images.findByExternalId('ada', ID), again);
    });

    it(`are given to one of ${RIVALS} grants at once, and the others are told which`, async () => {
      await using harness = await create();
      const { images } = harness;
      const rivals = Array.from({ length: RIVALS }, () => samplePending({ externalId: ID }));
      const outcomes = await Promise.allSettled(
        rivals.map(async (rival, n) => {
          if (n % 2 === 0) return assert.equal(await images.create(rival), true);
          const use = sampleKeyUse({ key: `key ${n}`, imageId: rival.id });
          return assert.equal(await images.useKey(use, NOW, rival), undefined);
        }),
      );
      const holder = await images.findByExternalId('ada', ID);
      assert.ok(holder);
      requireOneWinner(outcomes, holder);
      const stored = await Promise.all(rivals.map(({ id }) => images.get(id)));
      assert.deepEqual(
        stored.filter((image) => image !== undefined),
        [holder],
      );
    });

    it(`are given to one of ${RIVALS} images that want one at once`, async () => {
      await using harness = await create();
      const { images } = harness;
      const rivals = await Promise.all(Array.from({ length: RIVALS }, () => added(images, {})));
      const outcomes = await Promise.allSettled(
        rivals.map(async (rival) => assert.equal(await images.replace(rival, named(rival, ID)), true)),
      );
      const holder = await images.findByExternalId('ada', ID);
      assert.ok(holder);
      requireOneWinner(outcomes, holder);
      const stored = await Promise.all(rivals.map(({ id }) => images.get(id)));
      assert.deepEqual(
        stored.filter((image) => image?.externalId === ID),
        [holder],
      );
    });

    it('are unique whatever happens in whatever order', async () => {
      await using harness = await create();
      const { images } = harness;
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(STEPS, { minLength: 1, maxLength: 12 }), async (steps) => {
          run += 1;
          const userId = `user ${run}`;
          const living: LiveImage[] = [];
          for (const { on, to } of steps) {
            const wanted = to === 'end' ? null : to;
            const holder = wanted === null ? undefined : living.find(({ externalId }) => externalId === wanted);
            const current = living[on];
            if (!current) {
              const image = samplePending({ userId, externalId: wanted });
              if (holder) await assert.rejects(images.create(image), taken(holder));
              else living.push(await added(images, image));
            } else if (to === 'end') {
              await replaced(images, current, tombstone(current, NOW));
              living.splice(on, 1);
            } else if (holder && holder !== current) {
              await assert.rejects(images.replace(current, named(current, wanted)), taken(holder));
            } else living[on] = await replaced(images, current, named(current, wanted));
          }
          for (const name of NAMES) {
            const holder = living.find(({ externalId }) => externalId === name);
            assert.deepEqual(await images.findByExternalId(userId, name), holder);
          }
        }),
        { numRuns: 50 },
      );
    });
  });
}

const named = <Current extends LiveImage>(image: Current, externalId: string | null): Current =>
  describeImage(image, { externalId }, NOW);

async function added(images: ImageRepository, fields: Partial<PendingImage>): Promise<PendingImage> {
  const image = samplePending(fields);
  assert.equal(await images.create(image), true);
  return image;
}

async function published(images: ImageRepository, externalId: string | null) {
  const pending = await added(images, { externalId });
  return replaced(images, pending, samplePublished(pending));
}

async function replaced<To extends Image>(images: ImageRepository, from: Image, to: To): Promise<To> {
  assert.equal(await images.replace(from, to), true);
  return to;
}

const taken = ({ id, status }: Image) => ({ code: 'external-id-taken', params: { image_id: id, status } });

function requireOneWinner(outcomes: readonly PromiseSettledResult<void>[], holder: Image): void {
  const losers = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(losers.length, outcomes.length - 1);
  for (const { reason } of losers)
    assert.deepEqual([reason.code, reason.params], ['external-id-taken', taken(holder).params]);
}
