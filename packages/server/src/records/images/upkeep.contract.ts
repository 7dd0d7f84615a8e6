import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  dueAt,
  expire,
  type Image,
  type PendingImage,
  reject,
  removed,
  restore,
  scheduleMaintenance,
  tombstone,
  trash,
} from '../../domain/image/image.ts';
import { LANES, type Lane } from '../../domain/image/lane.ts';
import { allDue, dueIn } from './all-due.fixture.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import { readyQuery } from './list-model.fixture.ts';
import {
  addReady,
  NOW,
  newImageId,
  sampleHeld,
  sampleKeyUse,
  samplePending,
  samplePublished,
} from './sample-images.fixture.ts';

const later = (seconds: number, from = NOW): Date => new Date(from.getTime() + seconds * 1000);

/** The part of the contract for the sweeper. */
export function describeUpkeep(create: () => Promise<ImageRepositoryHarness>): void {
  describe('a walk through published images', () => {
    it('finds all ready and trashed ones of all owners, and no others, a page at a time', async () => {
      await using harness = await create();
      const expected: Image[] = [];
      for (let n = 0; n < 5; n += 1) {
        const ready = await addReady(harness.images, { userId: `user ${n}`, tags: ['red'] });
        const other = await addReady(harness.images);
        const trashed = trash(other, NOW, later(1_000 + n));
        assert.equal(await harness.images.replace(other, trashed), true);
        expected.push(ready, trashed);
        const pending = samplePending({ lookAt: later(n) });
        await write(harness, pending);
        await write(harness, sampleHeld(samplePending()));
        await write(harness, tombstone(samplePending(), NOW));
      }
      for (const limit of [1, 3, 100]) {
        const found: Image[] = [];
        let after: string | undefined;
        for (let next: string | null = ''; next !== null; after = next ?? undefined) {
          const page = await harness.images.published(limit, after);
          assert.ok(page.images.length <= limit);
          found.push(...page.images);
          ({ next } = page);
        }
        const byId = (images: readonly Image[]) => images.toSorted((one, other) => (one.id < other.id ? -1 : 1));
        assert.deepEqual(byId(found), byId(expected));
      }
    });
  });

  describe('due records', () => {
    it('are all records with work left, the longest due first', async () => {
      await using harness = await create();
      const lookedAt = samplePending({ lookAt: later(30) });
      const claimed = samplePending({ lookAt: later(1), claim: { attempt: 'a', leaseUntil: later(20) } });
      const unmaintained = scheduleMaintenance(samplePublished(samplePending()), later(25));
      const refused = reject(samplePending(), { code: 'empty-upload', detail: 'no bytes' }, later(-20));
      const due: [Image, Date][] = [
        [claimed, later(20)],
        [unmaintained, later(25)],
        [lookedAt, later(30)],
        [refused, later(40)],
      ];
      for (const [image] of due) await write(harness, image);
      await write(harness, samplePublished(samplePending()));

      assert.deepEqual(await allDue(harness.images, later(19), 10), []);
      for (const [count, [, at]] of due.entries()) {
        const found = await allDue(harness.images, at, 10);
        assert.deepEqual(
          found,
          due.slice(0, count + 1).map(([image]) => image),
        );
      }
      assert.deepEqual(
        await allDue(harness.images, later(1_000), 2),
        due.slice(0, 2).map(([image]) => image),
      );
    });

    it('do not include a record whose due time was moved or cleared', async () => {
      await using harness = await create();
      const pending = samplePending({ lookAt: NOW });
      await write(harness, pending);
      assert.equal(await harness.images.replace(pending, { ...pending, lookAt: later(60) }), true);
      assert.deepEqual(await allDue(harness.images, later(59), 10), []);
      assert.equal((await allDue(harness.images, later(60), 10)).length, 1);

      for (const ended of [expire(samplePending(), NOW), tombstone(samplePending(), NOW)]) {
        await write(harness, ended);
        const last = removed(removed(ended, NOW), later(3_600));
        assert.equal(dueAt(last), null);
        assert.equal(await harness.images.replace(ended, last), true);
        assert.deepEqual(await harness.images.get(ended.id), last);
      }
      assert.equal((await allDue(harness.images, later(10 ** 9), 10)).length, 1);
    });

    it('include a ready image while its maintenance is scheduled, which does not affect lists', async () => {
      await using harness = await create();
      const ready = await addReady(harness.images, { tags: ['red', 'blue'] });
      const lists = [
        readyQuery({ userId: ready.userId }),
        readyQuery(),
        readyQuery({ tags: ['red', 'blue'] }),
        readyQuery({ tags: ['red'], contentType: 'image/jpeg' }),
        readyQuery({ contentType: 'image/jpeg', userId: ready.userId }),
      ];
      const requireListed = async (image: Image) => {
        for (const query of lists) assert.deepEqual(await harness.images.find(query), { images: [image], next: null });
      };
      let before = ready;
      for (const maintainAt of [later(10), later(20), null]) {
        const after = scheduleMaintenance(before, maintainAt);
        assert.equal(await harness.images.replace(before, after), true);
        assert.deepEqual(await harness.images.get(ready.id), after);
        assert.deepEqual(await allDue(harness.images, later(9), 10), []);
        assert.deepEqual(
          await allDue(harness.images, later(15), 10),
          maintainAt && maintainAt <= later(15) ? [after] : [],
        );
        assert.deepEqual(await allDue(harness.images, later(10 ** 9), 10), maintainAt ? [after] : []);
        await requireListed(after);
        before = after;
      }
      assert.deepEqual(before, ready);
    });

    it('include a ready image as soon as it is published with maintenance due', async () => {
      await using harness = await create();
      const ready = scheduleMaintenance(samplePublished(samplePending({ lookAt: later(99) })), NOW);
      await write(harness, ready);
      assert.deepEqual(await allDue(harness.images, NOW, 10), [ready]);
    });

    it('include a trashed image for its purge only, and a restored one for its maintenance again', async () => {
      await using harness = await create();
      const ready = scheduleMaintenance(samplePublished(samplePending({ tags: ['red', 'blue'] })), later(-60));
      await write(harness, ready);
      const lists = [readyQuery(), readyQuery({ userId: 'ada' }), readyQuery({ tags: ['red'] })];
      lists.push(readyQuery({ contentType: 'image/jpeg' }), readyQuery({ userId: 'ada', tags: ['red', 'blue'] }));
      const inTrash = { status: 'trashed', userId: 'ada', order: 'newest', limit: 10 } as const;
      const requireListed = async (image: Image) => {
        const isReady = image.status === 'ready';
        for (const query of lists) assert.deepEqual((await harness.images.find(query)).images, isReady ? [image] : []);
        assert.deepEqual((await harness.images.find(inTrash)).images, isReady ? [] : [image]);
        assert.deepEqual((await harness.images.find({ ...inTrash, userId: 'bob' })).images, []);
      };

      await requireListed(ready);
      const trashed = trash(ready, NOW, later(100));
      assert.equal(await harness.images.replace(ready, trashed), true);
      assert.equal(await harness.images.replace(ready, scheduleMaintenance(ready, null)), false);
      await requireListed(trashed);
      assert.deepEqual(await allDue(harness.images, later(99), 10), []);
      for (const lane of LANES) {
        assert.deepEqual(
          await dueIn(harness.images, [lane], later(100), 10),
          lane === 'removal' ? [trashed] : [],
          lane,
        );
      }

      const restored = restore(trashed, later(1), []);
      assert.equal(await harness.images.replace(trashed, restored), true);
      assert.equal(await harness.images.replace(trashed, tombstone(trashed, later(100))), false, 'purged nevertheless');
      await requireListed(restored);
      assert.deepEqual(await dueIn(harness.images, ['renditions'], NOW, 10), [restored]);
      assert.deepEqual(await dueIn(harness.images, ['removal'], later(10 ** 6), 10), []);
    });

    it('include a deleted image for removal only, even if its maintenance was due before', async () => {
      await using harness = await create();
      const ready = scheduleMaintenance(samplePublished(samplePending({ tags: ['red'] })), later(-60));
      await write(harness, ready);
      const deleted = tombstone(ready, NOW);
      assert.equal(await harness.images.replace(ready, deleted), true);
      assert.equal(await harness.images.replace(ready, scheduleMaintenance(ready, null)), false);
      assert.deepEqual(await harness.images.get(ready.id), deleted);
      assert.deepEqual(await allDue(harness.images, later(59), 10), []);
      assert.deepEqual(await allDue(harness.images, later(60), 10), [deleted]);
      assert.deepEqual(await harness.images.find(readyQuery()), { images: [], next: null });
    });

    it('are in the lane of their work, and in no other', async () => {
      await using harness = await create();
      const all: [Lane, Image][] = [
        ['recovery', samplePending({ claim: { attempt: 'dead', leaseUntil: later(1) } })],
        ['recovery', samplePending({ crashes: 1, lookAt: later(2) })],
        ['renditions', scheduleMaintenance(samplePublished(samplePending()), later(3))],
        ['removal', samplePending({ lookAt: later(4) })],
        ['removal', reject(samplePending(), { code: 'empty-upload', detail: 'no bytes' }, later(-55))],
        ['removal', expire(samplePending(), later(-54))],
        ['removal', tombstone(samplePending(), later(-53))],
      ];
      for (const [, image] of all) await write(harness, image);
      for (const lane of LANES) {
        assert.deepEqual(
          await dueIn(harness.images, [lane], later(60)),
          all.filter(([own]) => own === lane).map(([, image]) => image),
        );
      }
    });

    it('change their lanes with their records', async () => {
      await using harness = await create();
      const pending = samplePending({ lookAt: NOW });
      await write(harness, pending);
      const lanesOf = async () => {
        const due = await Promise.all(LANES.map((lane) => dueIn(harness.images, [lane], later(10 ** 6))));
        return LANES.filter((_, index) => due[index]?.length);
      };
      assert.deepEqual(await lanesOf(), ['removal']);
      const claimed = { ...pending, claim: { attempt: 'a', leaseUntil: NOW } };
      assert.equal(await harness.images.replace(pending, claimed), true);
      assert.deepEqual(await lanesOf(), ['recovery']);
      const ready = scheduleMaintenance(samplePublished(claimed), NOW);
      assert.equal(await harness.images.replace(claimed, ready), true);
      assert.deepEqual(await lanesOf(), ['renditions']);
      const deleted = tombstone(ready, NOW);
      assert.equal(await harness.images.replace(ready, deleted), true);
      assert.deepEqual(await lanesOf(), ['removal']);
    });

    it('are not changed by a caller who read them before their due time was moved', async () => {
      await using harness = await create();
      const pending = samplePending({ lookAt: NOW });
      await write(harness, pending);
      const crashed = { ...pending, crashes: 1, lookAt: later(60) };
      assert.equal(await harness.images.replace(pending, crashed), true);
      assert.equal(await harness.images.replace(pending, { ...pending, lookAt: later(30) }), false);
      assert.deepEqual(await harness.images.get(pending.id), crashed);
    });
  });

  describe('forgetting', () => {
    it('keeps records without a last day, or with one in the future', async () => {
      await using harness = await create();
      const kept = [
        { ...tombstone(samplePending(), NOW), remains: { forgetAt: later(11) } },
        tombstone(samplePending(), NOW),
        samplePending(),
      ];
      for (const image of kept) await write(harness, image);
      const ready = await addReady(harness.images);
      await harness.images.forget(later(10));
      for (const image of [ready, ...kept]) assert.deepEqual(await harness.images.get(image.id), image);
    });

    it('removes records from their last day on', async (t) => {
      await using harness = await create();
      if (harness.forgets === 'by itself') return t.skip(FORGETS_LATER);
      const ended = tombstone(samplePending(), NOW);
      const gone = { ...ended, remains: { forgetAt: later(10) } };
      await write(harness, gone);
      await harness.images.forget(later(9));
      assert.deepEqual(await harness.images.get(gone.id), gone);
      await harness.images.forget(later(10));
      assert.equal(await harness.images.get(gone.id), undefined);
    });

    it('removes any number of expired key uses', async (t) => {
      await using harness = await create();
      if (harness.forgets === 'by itself') return t.skip(FORGETS_LATER);
      const uses = Array.from({ length: 1_200 }, (_, n) => sampleKeyUse({ key: `key ${n}`, expiresAt: later(n) }));
      await Promise.all(uses.map((use) => harness.images.useKey(use, NOW)));
      await harness.images.forget(later(1_100));
      const standing = await Promise.all(uses.map((use) => harness.images.useKey(use, later(-1))));
      assert.equal(standing.filter((use) => use !== undefined).length, 99);
    });
  });

  describe('checking', () => {
    it('accepts a writable repository, and changes no record', async () => {
      await using harness = await create();
      await harness.images.check(NOW);
      await harness.images.check(NOW);
      assert.equal(await harness.images.get(newImageId()), undefined);
    });
  });
}

const FORGETS_LATER = 'this store removes expired records by itself, some time later';

async function write(harness: ImageRepositoryHarness, image: Image): Promise<void> {
  const pending: PendingImage = image.status === 'pending' ? image : samplePending({ id: image.id });
  assert.equal(await harness.images.create(pending), true);
  if (image.status !== 'pending') assert.equal(await harness.images.replace(pending, image), true);
}
