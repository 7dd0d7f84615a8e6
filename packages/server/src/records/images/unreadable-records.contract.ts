import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expire, type Image, tombstone } from '../../domain/image/image.ts';
import { MAX_UNREADABLE_ON_PAGE } from '../unreadable-records.ts';
import { allDue } from './all-due.fixture.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import type { FindQuery } from './image-repository.ts';
import { listAll, readyQuery } from './list-model.fixture.ts';
import { addReady, addSettled, NOW, samplePending } from './sample-images.fixture.ts';

const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

const LISTED = { userId: 'ada', tags: ['red', 'blue'], contentType: 'image/jpeg' } as const;

/** Lists that read their images in different ways. */
const LISTS: Readonly<Record<string, FindQuery>> = {
  'of all images': readyQuery(),
  'of an owner': readyQuery({ userId: 'ada' }),
  'by type': readyQuery({ contentType: 'image/jpeg' }),
  'by tag': readyQuery({ userId: 'ada', tags: ['red'] }),
  'by all of two tags': readyQuery({ tags: ['red', 'blue'] }),
  'by any of two tags': readyQuery({ tags: ['red', 'blue'], tagMode: 'any' }),
};

/** The part of the contract about unreadable records. */
export function describeUnreadable(create: () => Promise<ImageRepositoryHarness>): void {
  describe('an unreadable record', () => {
    for (const [name, query] of Object.entries(LISTS)) {
      it(`is omitted from a list ${name}, which continues after it, and is reported once`, async () => {
        await using harness = await create();
        const older = await addReady(harness.images, { ...LISTED, createdAt: at(1) });
        const spoiled = await addReady(harness.images, { ...LISTED, createdAt: at(2) });
        const newer = await addReady(harness.images, { ...LISTED, createdAt: at(3) });
        await harness.spoil(spoiled.id);
        for (const order of ['newest', 'oldest'] as const) {
          const listed = order === 'newest' ? [newer, older] : [older, newer];
          assert.deepEqual(await harness.images.find({ ...query, order }), { images: listed, next: null });
          assert.deepEqual(await listAll(harness.images, { ...query, order, limit: 1 }), listed);
        }
        assert.deepEqual(harness.events.map(said), [['unreadable-record', spoiled.id]]);
      });
    }

    it('is omitted from the lists of every status', async () => {
      await using harness = await create();
      for (const status of ['pending', 'rejected', 'expired'] as const) {
        const spoiled = await addSettled(harness.images, status, { createdAt: at(1) });
        const kept = await addSettled(harness.images, status, { createdAt: at(2) });
        await harness.spoil(spoiled.id);
        const query = { status, userId: 'ada', order: 'newest', limit: 2 } as const;
        assert.deepEqual(await harness.images.find(query), { images: [kept], next: null });
      }
      assert.equal(harness.events.length, 3);
    });

    it('does not shorten a page if there are few, nor end a list if there are many', async () => {
      await using harness = await create();
      const last = await addReady(harness.images, { createdAt: at(0) });
      for (let n = 1; n <= MAX_UNREADABLE_ON_PAGE; n += 1) {
        const { id } = await addReady(harness.images, { createdAt: at(n) });
        await harness.spoil(id);
      }
      const first = await addReady(harness.images, { createdAt: at(1_000) });
      assert.deepEqual(await harness.images.find(readyQuery({ limit: 2 })), { images: [first, last], next: null });

      for (let n = 1; n <= 2 * MAX_UNREADABLE_ON_PAGE; n += 1) {
        const { id } = await addReady(harness.images, { createdAt: at(100 + n) });
        await harness.spoil(id);
      }
      const { images, next } = await harness.images.find(readyQuery({ limit: 2 }));
      assert.deepEqual(images, [first]);
      assert.notEqual(next, null);
      assert.deepEqual(await listAll(harness.images, readyQuery({ limit: 2 })), [first, last]);
    });

    it('is an internal error for a caller that requests it', async () => {
      await using harness = await create();
      const { id } = await addReady(harness.images);
      await harness.spoil(id);
      await assert.rejects(async () => harness.images.get(id), { code: 'internal' });
      await assert.rejects(async () => harness.images.getToChange(id), { code: 'internal' });
      assert.deepEqual(harness.events.map(said), [['unreadable-record', id]]);
    });

    it('is never due, and even many of them do not delay later due records', async () => {
      await using harness = await create();
      const spoiled: Image[] = [];
      const due: Image[] = [];
      for (let n = 0; n < 45; n += 1) spoiled.push(await addDue(harness, n));
      for (let n = 45; n < 60; n += 1) due.push(await addDue(harness, n));
      for (const { id } of spoiled) await harness.spoil(id);
      assert.deepEqual(await allDue(harness.images, at(86_400), 10), due.slice(0, 10));
      assert.deepEqual(await allDue(harness.images, at(86_400), 20), due);
      assert.deepEqual(
        harness.events.map(said).toSorted(),
        spoiled.map(({ id }) => ['unreadable-record', id]).toSorted(),
      );
    });
  });
}

const said = (event: ImageRepositoryHarness['events'][number]) => [event.event, 'imageId' in event && event.imageId];

/** Adds a pending, an expired or a deleted image; they are due in the order of `n`. */
async function addDue({ images }: ImageRepositoryHarness, n: number): Promise<Image> {
  const pending = samplePending({ lookAt: at(n + 60) });
  assert.ok(await images.create(pending));
  if (n % 3 === 0) return pending;
  const over = n % 3 === 1 ? expire(pending, at(n)) : tombstone(pending, at(n));
  assert.ok(await images.replace(pending, over));
  return over;
}
