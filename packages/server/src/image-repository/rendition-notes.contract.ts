import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describe as describeImage,
  forgiveRenditions,
  type Image,
  type ReadyImage,
  retagged,
  strikeRendition,
  tended,
  tombstone,
} from '../domain/image/image.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import { addReady, NOW, samplePending, samplePublished } from './sample-images.fixture.ts';

const minutesLater = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

/** The part of the contract about what the service notes of a ready image without a revision. */
export function describeRenditionNotes(create: () => Promise<ImageRepositoryHarness>): void {
  describe('where the service notes something of a ready image', () => {
    const read = samplePublished(samplePending({ tags: ['red'] }));
    const struck = strikeRendition(read, { rendition: 'r1', detail: 'it died', at: NOW });
    const notes: Record<string, readonly [ReadyImage, ReadyImage]> = {
      'when its renditions are due': [read, tended(read, NOW)],
      'that they never are': [tended(read, NOW), read],
      'that a rendition failed': [read, struck],
      'that it failed again': [
        struck,
        strikeRendition(struck, { rendition: 'r1', detail: 'it died', at: minutesLater(1) }),
      ],
      'that another failed': [struck, strikeRendition(struck, { rendition: 'r2', detail: 'it died', at: NOW })],
      'that they may be tried again': [struck, forgiveRenditions(struck)],
      'the entity tag of its object': [read, retagged(read, '"t1"')],
      'another entity tag of its object': [retagged(read, '"t1"'), retagged(read, '"t2"')],
    };
    const changes: Record<string, (image: ReadyImage) => Image> = {
      'another description': (image) => describeImage(image, { description: 'the sea' }, NOW),
      'other tags': (image) => describeImage(image, { tags: ['blue'] }, NOW),
      'its end': (image) => tombstone(image, NOW),
    };
    for (const [what, [before, after]] of Object.entries(notes)) {
      for (const [which, change] of Object.entries(changes)) {
        it(`neither ${what} nor ${which} undoes the other: who comes second reads again`, async () => {
          for (const [first, second] of [
            [after, change(before)],
            [change(before), after],
          ] as const) {
            await using harness = await create();
            const pending = samplePending({ id: before.id, tags: ['red'] });
            await harness.images.create(pending);
            assert.equal(await harness.images.replace(pending, before), true);
            assert.equal(await harness.images.replace(before, first), true);
            assert.equal(await harness.images.replace(before, second), false);
            assert.deepEqual(await harness.images.get(before.id), first);
          }
        });
      }
    }

    it('counts every failure of many at once', async () => {
      await using harness = await create();
      const { id } = await addReady(harness.images);
      const strike = async (rendition: string): Promise<void> => {
        const image = await harness.images.get(id);
        assert.ok(image?.status === 'ready');
        const known = image.renditionFailures.find((failure) => failure.rendition === rendition);
        const struck = { rendition, detail: 'it died', at: minutesLater(known?.strikes ?? 0) };
        if (!(await harness.images.replace(image, strikeRendition(image, struck)))) await strike(rendition);
      };
      await Promise.all(['r1', 'r2', 'r1', 'r3', 'r1', 'r2', 'r1', 'r2'].map(strike));
      const image = await harness.images.get(id);
      assert.ok(image?.status === 'ready');
      const strikes = Object.fromEntries(image.renditionFailures.map(({ rendition, strikes }) => [rendition, strikes]));
      assert.deepEqual(strikes, { r1: 4, r2: 3, r3: 1 });
    });
  });
}
