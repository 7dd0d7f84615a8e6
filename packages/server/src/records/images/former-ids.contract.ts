import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { formerIdTaken } from '../../domain/former-id.ts';
import {
  describe as describeImage,
  expire,
  type Image,
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

const RIVALS = 20;
const WITHOUT = 1_000;

/**
 * The part of the contract about ids in earlier services: unique among the images of all owners that haven't ended; and
 * about from where an image is fetched.
 */
export function describeFormerIds(create: () => Promise<ImageRepositoryHarness>): void {
  describe('former ids', () => {
    it('lead to the image in each state until it ends', async () => {
      await using harness = await create();
      const { images } = harness;
      const formerId = randomUUID();
      const pending = await added(images, { formerId });
      assert.deepEqual(await images.findByFormerId(formerId), pending);
      const held = await replaced(images, pending, sampleHeld(pending));
      assert.deepEqual(await images.findByFormerId(formerId), held);
      await replaced(images, held, tombstone(held, NOW));
      assert.equal(await images.findByFormerId(formerId), undefined);

      const ready = await published(images, formerId);
      assert.deepEqual(await images.findByFormerId(formerId), ready);
      const changed = await replaced(images, ready, describeImage(ready, { description: 'changed' }, NOW));
      assert.deepEqual(await images.findByFormerId(formerId), changed);
      const trashed = await replaced(images, changed, trash(changed, NOW, NOW));
      assert.deepEqual(await images.findByFormerId(formerId), trashed);
      const restored = await replaced(images, trashed, restore(trashed, NOW, []));
      assert.deepEqual(await images.findByFormerId(formerId), restored);
      await replaced(images, restored, tombstone(restored, NOW));
      assert.equal(await images.findByFormerId(formerId), undefined);
      assert.equal(await images.findByFormerId(randomUUID()), undefined);
    });

    it('are refused with the image that has them, whoever its owner is, and then nothing is written', async () => {
      await using harness = await create();
      const { images } = harness;
      const formerId = randomUUID();
      const holder = await published(images, formerId);
      const [tokenUse, keyUse] = [sampleTokenUse(), sampleKeyUse({ userId: 'bob' })];
      const rival = samplePending({ userId: 'bob', formerId, externalId: 'free' });
      await assert.rejects(images.create(rival, tokenUse), taken(holder));
      await assert.rejects(images.useKey(keyUse, NOW, rival, tokenUse), taken(holder));
      assert.equal(await images.get(rival.id), undefined);
      assert.equal(await images.findKeyUse(keyUse, NOW), undefined);
      assert.equal(await images.isUsedUp(tokenUse), false);
      assert.equal(await images.findByExternalId('bob', 'free'), undefined);
      assert.deepEqual(await images.findByFormerId(formerId), holder);
    });

    it('are of no interest to an image whose own id is taken, and are judged after external ids', async () => {
      await using harness = await create();
      const { images } = harness;
      const formerId = randomUUID();
      await added(images, { formerId, externalId: 'taken' });
      const other = await added(images, {});
      assert.equal(await images.create({ ...samplePending({ formerId }), id: other.id }), false);
      await assert.rejects(images.create(samplePending({ formerId, externalId: 'taken' })), {
        code: 'external-id-taken',
      });
    });

    const ENDS: Readonly<Record<string, (images: ImageRepository, formerId: string) => Promise<Image>>> = {
      'a rejected image': async (images, formerId) => {
        const pending = await added(images, { formerId });
        return replaced(images, pending, reject(pending, { code: 'empty-upload', detail: 'none' }, NOW));
      },
      'an expired image': async (images, formerId) => {
        const pending = await added(images, { formerId });
        return replaced(images, pending, expire(pending, NOW));
      },
      'a refused held image': async (images, formerId) => {
        const pending = await added(images, { formerId });
        const held = await replaced(images, pending, sampleHeld(pending));
        return replaced(images, held, reject(held, { code: 'refused-by-gate', detail: 'no' }, NOW));
      },
      'a deleted ready image': async (images, formerId) => {
        const ready = await published(images, formerId);
        return replaced(images, ready, tombstone(ready, NOW));
      },
      'a purged image': async (images, formerId) => {
        const ready = await published(images, formerId);
        const trashed = await replaced(images, ready, trash(ready, NOW, NOW));
        return replaced(images, trashed, tombstone(trashed, NOW));
      },
    };
    for (const [ended, end] of Object.entries(ENDS))
      it(`of ${ended} are free`, async () => {
        await using harness = await create();
        const { images } = harness;
        const formerId = randomUUID();
        const image = await end(images, formerId);
        assert.equal(image.formerId, null);
        assert.deepEqual(await images.get(image.id), image);
        assert.equal(await images.findByFormerId(formerId), undefined);
        const next = await added(images, { userId: 'bob', formerId });
        assert.deepEqual(await images.findByFormerId(formerId), next);
      });

    it(`are given to one of ${RIVALS} images at once, and the others are told which`, async () => {
      await using harness = await create();
      const { images } = harness;
      const formerId = randomUUID();
      const rivals = Array.from({ length: RIVALS }, (_, n) => samplePending({ userId: `user ${n}`, formerId }));
      const outcomes = await Promise.allSettled(
        rivals.map(async (rival) => assert.equal(await images.create(rival), true)),
      );
      const holder = await images.findByFormerId(formerId);
      assert.ok(holder);
      const losers = outcomes.filter((outcome) => outcome.status === 'rejected');
      assert.equal(losers.length, RIVALS - 1);
      for (const { reason } of losers) assert.deepEqual({ code: reason.code, detail: reason.detail }, taken(holder));
      const stored = await Promise.all(rivals.map(({ id }) => images.get(id)));
      assert.deepEqual(
        stored.filter((image) => image !== undefined),
        [holder],
      );
    });

    it(`are absent from ${WITHOUT} images of one owner, none of which is in another's way`, async () => {
      await using harness = await create();
      const { images } = harness;
      const plain = Array.from({ length: WITHOUT }, () => samplePending());
      const created = await Promise.all(plain.map((image) => images.create(image)));
      assert.ok(created.every((isNew) => isNew));
      const one = await added(images, { formerId: randomUUID() });
      assert.deepEqual(await images.findByFormerId(one.formerId ?? ''), one);
    });
  });

  describe('from where an image is fetched', () => {
    it('stays while it is pending, and is gone in every other state', async () => {
      await using harness = await create();
      const { images } = harness;
      const fetchFrom = 'c2VhbGVk'.repeat(1_024);
      for (const end of [samplePublished, sampleHeld, (one: PendingImage) => tombstone(one, NOW)]) {
        const pending = await added(images, { fetchFrom });
        const claim = { attempt: randomUUID(), leaseUntil: new Date(NOW.getTime() + 60_000) };
        const claimed = await replaced(images, pending, { ...pending, claim });
        assert.deepEqual(await images.get(pending.id), claimed);
        const ended = await replaced(images, claimed, end(claimed));
        assert.deepEqual(await images.get(pending.id), ended);
        assert.ok(!('fetchFrom' in ended));
      }
    });
  });
}

async function added(images: ImageRepository, fields: Partial<PendingImage>): Promise<PendingImage> {
  const image = samplePending(fields);
  assert.equal(await images.create(image), true);
  return image;
}

async function published(images: ImageRepository, formerId: string) {
  const pending = await added(images, { formerId });
  return replaced(images, pending, samplePublished(pending));
}

async function replaced<To extends Image>(images: ImageRepository, from: Image, to: To): Promise<To> {
  assert.equal(await images.replace(from, to), true);
  return to;
}

const taken = (holder: Image) => ({
  code: 'former-id-taken',
  detail: formerIdTaken(holder.formerId ?? '', holder).detail,
});
