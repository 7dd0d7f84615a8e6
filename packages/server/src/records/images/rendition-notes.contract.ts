import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  describe as describeImage,
  type Image,
  type ReadyImage,
  restore,
  retagged,
  revokeLinks,
  scheduleMaintenance,
  tombstone,
  trash,
  withFilters,
  withLinks,
  withWorkingCopy,
} from '../../domain/image/image.ts';
import { recordRenditionCrash, resetRenditionFailures } from '../../domain/image/rendition-failures.ts';
import type { WorkingCopy } from '../../domain/image/working-copy.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import { addReady, NOW, sampleLink, samplePending, samplePublished } from './sample-images.fixture.ts';

const sampleCopy = (digit: string): WorkingCopy => ({
  sha256: digit.repeat(64),
  sizeBytes: 500_000,
  contentType: 'image/jpeg',
  width: 2_048,
  height: 1_365,
});

const minutesLater = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

/** The part of the contract about changes to a ready image that keep its revision. */
export function describeRenditionNotes(create: () => Promise<ImageRepositoryHarness>): void {
  describe('concurrent changes to a ready image', () => {
    /** The repository for all pairs of changes; each pair has images of its own. */
    let shared: ImageRepositoryHarness;
    before(async () => {
      shared = await create();
    });
    after(() => shared[Symbol.asyncDispose]());

    const read = samplePublished(samplePending({ tags: ['red'] }));
    const crashed = recordRenditionCrash(read, { rendition: 'r1', detail: 'it died', at: NOW });
    const described = samplePublished(samplePending({ tags: ['red'], metadata: { order: 'A17' } }));
    const link = sampleLink();
    const notes: Record<string, readonly [ReadyImage, ReadyImage]> = {
      'scheduled maintenance': [read, scheduleMaintenance(read, NOW)],
      'cancelled maintenance': [scheduleMaintenance(read, NOW), read],
      'a rendition failure': [read, crashed],
      'a repeated rendition failure': [
        crashed,
        recordRenditionCrash(crashed, { rendition: 'r1', detail: 'it died', at: minutesLater(1) }),
      ],
      'a second rendition failure': [
        crashed,
        recordRenditionCrash(crashed, { rendition: 'r2', detail: 'it died', at: NOW }),
      ],
      'reset rendition failures': [crashed, resetRenditionFailures(crashed)],
      'a first entity tag of the object': [read, retagged(read, '"t1"')],
      'another entity tag of the object': [retagged(read, '"t1"'), retagged(read, '"t2"')],
      'a first link': [read, withLinks(read, [link])],
      'another link': [withLinks(read, [link]), withLinks(read, [link, sampleLink({ preset: null })])],
      'a revoked link': [withLinks(read, [link]), read],
      'another epoch': [read, { ...read, epoch: 1 }],
      'a first working copy': [read, withWorkingCopy(read, sampleCopy('1'))],
      'another working copy': [withWorkingCopy(read, sampleCopy('1')), withWorkingCopy(read, sampleCopy('2'))],
      'a first filter by metadata': [described, withFilters(described, ['order'])],
      'no filter by metadata': [withFilters(described, ['order']), described],
      'a lost working copy': [withWorkingCopy(read, sampleCopy('1')), read],
    };
    const changes: Record<string, (image: ReadyImage) => Image> = {
      'another description': (image) => describeImage(image, { description: 'the sea' }, NOW),
      'other metadata': (image) => describeImage(image, { metadata: { order: 'B18' } }, NOW),
      'other tags': (image) => describeImage(image, { tags: ['blue'] }, NOW),
      'another visibility': (image) => describeImage(image, { visibility: 'public' }, NOW),
      'revocation of its links': (image) => revokeLinks(image, NOW),
      trashing: (image) => trash(image, NOW, minutesLater(1)),
      deletion: (image) => tombstone(image, NOW),
    };
    for (const [what, [read, noted]] of Object.entries(notes)) {
      for (const [which, change] of Object.entries(changes)) {
        it(`do not overwrite each other: ${what} and ${which}`, async () => {
          const { images } = shared;
          for (const changed of [
            [noted, change(read)],
            [change(read), noted],
          ] as const) {
            const pending = samplePending({ tags: ['red'] });
            const [published, first, second] = [read, ...changed].map((image) => ({ ...image, id: pending.id }));
            assert.ok(published && first && second);
            await images.create(pending);
            assert.equal(await images.replace(pending, published), true);
            assert.equal(await images.replace(published, first), true);
            assert.equal(await images.replace(published, second), false);
            assert.deepEqual(await images.get(pending.id), first);
          }
        });
      }
    }

    it('let exactly one of many concurrent changes of the links win', async () => {
      await using harness = await create();
      const image = await addReady(harness.images);
      const rivals = Array.from({ length: 20 }, () => withLinks(image, [sampleLink()]));
      const won = await Promise.all(rivals.map((rival) => harness.images.replace(image, rival)));
      assert.equal(won.filter((isWinner) => isWinner).length, 1);
      assert.deepEqual(await harness.images.get(image.id), rivals[won.indexOf(true)]);
    });

    it('let exactly one of many concurrent working copies win', async () => {
      await using harness = await create();
      const image = await addReady(harness.images);
      const rivals = Array.from({ length: 10 }, (_, digit) => withWorkingCopy(image, sampleCopy(String(digit))));
      const won = await Promise.all(rivals.map((rival) => harness.images.replace(image, rival)));
      assert.equal(won.filter((isWinner) => isWinner).length, 1);
      assert.deepEqual(await harness.images.get(image.id), rivals[won.indexOf(true)]);
    });

    it('keep the working copy in the trash and back, and forget it with the image', async () => {
      await using harness = await create();
      const image = await addReady(harness.images);
      const copied = withWorkingCopy(image, sampleCopy('1'));
      const trashed = trash(copied, NOW, minutesLater(1));
      const restored = restore(trashed, NOW, []);
      const deleted = tombstone(restored, NOW);
      let current: Image = image;
      for (const next of [copied, trashed, restored, deleted]) {
        assert.equal(await harness.images.replace(current, next), true);
        assert.deepEqual(await harness.images.get(image.id), next);
        current = next;
      }
    });

    it('count every rendition failure', async () => {
      await using harness = await create();
      const { id } = await addReady(harness.images);
      const crash = async (rendition: string): Promise<void> => {
        const image = await harness.images.get(id);
        assert.ok(image?.status === 'ready');
        const known = image.renditionFailures.find((failure) => failure.rendition === rendition);
        const latest = { rendition, detail: 'it died', at: minutesLater(known?.crashes ?? 0) };
        if (!(await harness.images.replace(image, recordRenditionCrash(image, latest)))) await crash(rendition);
      };
      await Promise.all(['r1', 'r2', 'r1', 'r3', 'r1', 'r2', 'r1', 'r2'].map(crash));
      const image = await harness.images.get(id);
      assert.ok(image?.status === 'ready');
      const crashes = Object.fromEntries(image.renditionFailures.map(({ rendition, crashes }) => [rendition, crashes]));
      assert.deepEqual(crashes, { r1: 4, r2: 3, r3: 1 });
    });
  });
}
