import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleDetails, sampleFacts } from '../../domain/facts/facts.fixture.ts';
import type { Details } from '../../domain/facts/facts.ts';
import { holdAgain, publishHeld } from '../../domain/image/hold.ts';
import {
  type Image,
  type ReadyImage,
  reject,
  restore,
  type StoredImage,
  tombstone,
  trash,
} from '../../domain/image/image.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import type { ImageRepository } from './image-repository.ts';
import { NOW, sampleHeld, samplePending, samplePublished } from './sample-images.fixture.ts';

const RIVALS = 20;
const OTHER: Details = { ...sampleDetails, title: 'Another', positionByHand: null };

const read = { facts: sampleFacts, hasDetails: true } as const;

const published = (pending = samplePending()): ReadyImage => ({ ...samplePublished(pending), ...read });

const described = <Current extends Image>(image: Current, fields: Partial<Current> = {}): Current => ({
  ...image,
  description: 'another',
  revision: image.revision + 1,
  ...fields,
});

/** The part of the contract about details: what a picture says that isn't in its record. */
export function describeDetails(create: () => Promise<ImageRepositoryHarness>): void {
  async function added(images: ImageRepository): Promise<ReadyImage> {
    const pending = samplePending();
    assert.equal(await images.create(pending), true);
    const ready = published(pending);
    assert.equal(await images.replace(pending, ready, { details: sampleDetails }), true);
    return ready;
  }

  describe('details', () => {
    for (const [status, to] of [
      ['ready', published],
      ['held', (pending: ReturnType<typeof samplePending>) => ({ ...sampleHeld(pending), ...read })],
    ] as const)
      it(`are written with an image that becomes ${status}, and with its facts`, async () => {
        await using harness = await create();
        const pending = samplePending({ userId: 'a#b%' });
        await harness.images.create(pending);
        const image = to(pending);
        assert.equal(await harness.images.replace(pending, image, { details: sampleDetails }), true);
        assert.deepEqual(await harness.images.get(image.id), image);
        assert.deepEqual(await harness.images.details(image), sampleDetails);
      });

    it('are absent of an image that has none', async () => {
      await using harness = await create();
      const pending = samplePending();
      await harness.images.create(pending);
      const ready = samplePublished(pending);
      assert.equal(await harness.images.replace(pending, ready, { details: null }), true);
      assert.equal(await harness.images.details(ready), null);
      assert.equal(await harness.images.details({ ...ready, hasDetails: true }), null);
    });

    it('stay with an image while it is changed, trashed, restored, held again and passed', async () => {
      await using harness = await create();
      const ready = await added(harness.images);
      const changed = described(ready);
      const trashed = trash(changed, NOW, NOW);
      const restored = restore(trashed, NOW, []);
      const { screening } = sampleHeld(samplePending());
      const held = holdAgain(restored, { screening, decided: [], at: NOW });
      const passed = publishHeld(held, { maintainAt: null, filteredBy: [], decided: [], at: NOW });
      let before: StoredImage = ready;
      for (const image of [changed, trashed, restored, held, passed]) {
        assert.equal(await harness.images.replace(before, image), true, image.status);
        assert.deepEqual(await harness.images.get(image.id), image);
        assert.deepEqual(await harness.images.details(image), sampleDetails, image.status);
        before = image;
      }
    });

    it('are replaced, removed, and written again', async () => {
      await using harness = await create();
      const ready = await added(harness.images);
      const replaced = described(ready);
      assert.equal(await harness.images.replace(ready, replaced, { details: OTHER }), true);
      assert.deepEqual(await harness.images.details(ready), OTHER);
      const bare = described(replaced, { hasDetails: false });
      assert.equal(await harness.images.replace(replaced, bare, { details: null }), true);
      assert.equal(await harness.images.details(replaced), null);
      const again = described(bare, { hasDetails: true });
      assert.equal(await harness.images.replace(bare, again, { details: sampleDetails }), true);
      assert.deepEqual(await harness.images.get(again.id), again);
      assert.deepEqual(await harness.images.details(again), sampleDetails);
    });

    for (const [end, ended] of [
      ['deleted', (image: StoredImage) => tombstone(image, NOW)],
      ['rejected', (image: StoredImage) => reject(image, { code: 'refused-by-gate', detail: 'no' }, NOW)],
    ] as const)
      it(`end with an image that is ${end}, whatever it was`, async () => {
        await using harness = await create();
        const ready = await added(harness.images);
        const other = await added(harness.images);
        const trashed = trash(other, NOW, NOW);
        await harness.images.replace(other, trashed);
        for (const image of [ready, trashed]) {
          assert.equal(await harness.images.replace(image, ended(image)), true);
          assert.equal(await harness.images.details(image), null);
        }
      });

    it('of an upload that is rejected are not written', async () => {
      await using harness = await create();
      const pending = samplePending();
      await harness.images.create(pending);
      const rejected = reject(pending, { code: 'refused-by-gate', detail: 'no' }, NOW);
      assert.equal(await harness.images.replace(pending, rejected, { details: sampleDetails }), true);
      assert.deepEqual(await harness.images.get(pending.id), rejected);
      assert.equal(await harness.images.details(published(pending)), null);
    });

    it('are not written by a write that loses, and are those of the only one of many that wins', async () => {
      await using harness = await create();
      const { images } = harness;
      const ready = await added(images);
      const rivals = Array.from({ length: RIVALS }, (_, n) => described(ready, { description: `by ${n}` }));
      const detailsOf = (n: number): Details => ({ ...sampleDetails, title: `by ${n}` });
      const won = await Promise.all(rivals.map((to, n) => images.replace(ready, to, { details: detailsOf(n) })));
      assert.equal(won.filter((isWinner) => isWinner).length, 1);
      const winner = won.indexOf(true);
      assert.deepEqual(await images.get(ready.id), rivals[winner]);
      assert.deepEqual(await images.details(ready), detailsOf(winner));

      const pending = samplePending();
      await images.create(pending);
      assert.equal(await images.replace(pending, tombstone(pending, NOW)), true);
      assert.equal(await images.replace(pending, published(pending), { details: sampleDetails }), false);
      assert.equal(await images.details(published(pending)), null);
    });

    it('keep the members that a later version wrote, as facts do', async () => {
      await using harness = await create();
      const { images } = harness;
      const ready = await added(images);
      const unknown = { later: { a: [1] } };
      const later = described(ready, { facts: { ...sampleFacts, unknown } });
      assert.equal(await images.replace(ready, later, { details: { ...sampleDetails, unknown } }), true);
      const changed = described(later, { description: 'and again' });
      assert.equal(await images.replace(later, changed), true);
      const found = await images.get(ready.id);
      assert.ok(found?.status === 'ready');
      assert.deepEqual(found.facts, { ...sampleFacts, unknown });
      assert.deepEqual(await images.details(found), { ...sampleDetails, unknown });
    });

    it('that an image says it has, and has not, are a programming error, and the reverse', async () => {
      await using harness = await create();
      const { images } = harness;
      const ready = await added(images);
      const pending = samplePending();
      await images.create(pending);
      for (const [from, to, options] of [
        [pending, published(pending), undefined],
        [pending, published(pending), { details: null }],
        [pending, samplePublished(pending), { details: sampleDetails }],
        [ready, described(ready), { details: null }],
        [ready, described(ready, { hasDetails: false }), undefined],
      ] as const)
        await assert.rejects(images.replace(from, to, options), /and says the opposite/);
      assert.deepEqual(await images.details(ready), sampleDetails);
    });
  });
}
