import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  canBecome,
  expire,
  extend,
  type Image,
  type PendingImage,
  type ReadyImage,
  reject,
  restore,
  type Status,
  tombstone,
  trash,
} from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { pendingImages, settledImages, trashedImages } from './arbitrary-images.fixture.ts';
import { describeDetails } from './details.contract.ts';
import { describeExternalIds } from './external-ids.contract.ts';
import { describeFind } from './find.contract.ts';
import { describePages } from './find-pages.contract.ts';
import { describeFormerIds } from './former-ids.contract.ts';
import type { ImageRepository } from './image-repository.ts';
import { describeKeyUses } from './key-uses.contract.ts';
import { describeRenditionNotes } from './rendition-notes.contract.ts';
import { NOW, newImageId, sampleHeld, samplePending, samplePublished } from './sample-images.fixture.ts';
import { describeTokenUses } from './token-uses.contract.ts';
import { describeUnreadable } from './unreadable-records.contract.ts';
import { describeUpkeep } from './upkeep.contract.ts';

/** The harness of an adapter: a fresh, empty repository. */
export interface ImageRepositoryHarness extends AsyncDisposable {
  readonly images: ImageRepository;
  /** Whether `forget` removes expired records, or the store does so by itself, some time later. */
  readonly forgets: 'when told' | 'by itself';
  /** The events that the repository reported so far. */
  readonly events: readonly ServiceEvent[];
  /** Makes the stored record of an image unreadable, in any status. */
  spoil(id: ImageId): Promise<void>;
}

export function describeImageRepository(name: string, create: () => Promise<ImageRepositoryHarness>): void {
  describe(`${name} as an image repository`, () => {
    it('has no record before one is created', async () => {
      await using harness = await create();
      assert.equal(await harness.images.get(newImageId()), undefined);
      assert.equal(await harness.images.getToChange(newImageId()), undefined);
    });

    it('creates a record once: a second one with its id is refused and changes nothing', async () => {
      await using harness = await create();
      const first = samplePending({ userId: 'ada' });
      assert.equal(await harness.images.create(first), true);
      assert.equal(await harness.images.create({ ...first, userId: 'eve' }), false);
      assert.deepEqual(await harness.images.get(first.id), first);
      assert.deepEqual(await harness.images.getToChange(first.id), first);
    });

    it('lets exactly one of many concurrent creations of an id succeed', async () => {
      await using harness = await create();
      const rivals = Array.from({ length: 20 }, (_, index) => samplePending({ id: ID, userId: `user ${index}` }));
      const won = await Promise.all(rivals.map((rival) => harness.images.create(rival)));
      assert.deepEqual(
        won.filter((isFirst) => isFirst),
        [true],
      );
      assert.deepEqual(await harness.images.get(ID), rivals[won.indexOf(true)]);
    });

    it('returns every field of a pending record', async () => {
      await using harness = await create();
      await fc.assert(
        fc.asyncProperty(pendingImages, async (image) => {
          fc.pre(await harness.images.create(image));
          assert.deepEqual(await harness.images.get(image.id), image);
        }),
      );
    });

    it('returns every field of a record after a transition, and after an edit of that', async () => {
      await using harness = await create();
      await fc.assert(
        fc.asyncProperty(pendingImages, settledImages, settledImages, async (pending, settled, other) => {
          const { id, userId, revision } = pending;
          fc.pre(await harness.images.create(pending));
          const albums = 'remains' in settled ? [] : pending.albums;
          const became: Image = { ...settled, id, userId, albums, revision: revision + 1 };
          assert.equal(await harness.images.replace(pending, became), true);
          assert.deepEqual(await harness.images.get(id), became);

          const { filename, tags, description, metadata, focalPoint, visibility, epoch, updatedAt } = other;
          const externalId = 'remains' in became ? null : other.externalId;
          const described = { filename, tags, description, metadata, focalPoint, visibility, externalId, epoch };
          const edited: Image = { ...became, ...described, updatedAt, revision: revision + 2 };
          assert.equal(await harness.images.replace(became, edited), true);
          assert.deepEqual(await harness.images.get(id), edited);
        }),
      );
    });

    it('returns every field of a trashed record, of its changes, and of the restored record', async () => {
      await using harness = await create();
      await fc.assert(
        fc.asyncProperty(pendingImages, trashedImages, async (pending, sample) => {
          const { id, userId, revision } = pending;
          fc.pre(await harness.images.create(pending));
          const { purgeAt, ...published } = { ...sample, albums: pending.albums };
          const filteredBy = ['order'];
          const ready: ReadyImage = { ...published, status: 'ready', id, userId, filteredBy, revision: revision + 1 };
          const trashed = trash(ready, NOW, purgeAt);
          const postponed = { ...trashed, purgeAt: new Date(purgeAt.getTime() + 1) };
          const restored = restore(postponed, NOW, []);
          let before: Image = pending;
          for (const image of [ready, trashed, postponed, restored]) {
            assert.equal(await harness.images.replace(before, image), true);
            assert.deepEqual(await harness.images.get(id), image);
            before = image;
          }
          assert.equal(await harness.images.replace(trashed, restored), false, 'its time had moved on');
        }),
      );
    });

    it('returns a new object after a change, and leaves the earlier one unchanged', async () => {
      await using harness = await create();
      const pending = samplePending();
      await harness.images.create(pending);
      const ready = samplePublished(pending);
      assert.equal(await harness.images.replace(pending, ready), true);
      const before = await harness.images.get(ready.id);
      const changed = { ...ready, description: 'changed', revision: ready.revision + 1 };
      assert.equal(await harness.images.replace(ready, changed), true);
      assert.notEqual(await harness.images.get(ready.id), before);
      assert.deepEqual(before, ready);
    });

    for (const from of STATUSES) for (const to of STATUSES) describeTransition(from, to, create);

    it('refuses a revision that does not follow, as a programming error', async () => {
      await using harness = await create();
      const image = samplePending();
      await harness.images.create(image);
      await assert.rejects(harness.images.replace(image, { ...image, revision: 3 }), /revision 3 doesn't follow 1/);
      await assert.rejects(harness.images.replace(image, { ...samplePublished(image), revision: 1 }), /doesn't follow/);
      assert.deepEqual(await harness.images.get(image.id), image);
    });

    it('refuses to change the owner of an image, as a programming error', async () => {
      await using harness = await create();
      const image = samplePending();
      await harness.images.create(image);
      await assert.rejects(harness.images.replace(image, { ...image, userId: 'eve' }), /of eve/);
    });

    it('changes the type of an upload once its bytes have been fetched, and otherwise of none', async () => {
      await using harness = await create();
      const image = { ...samplePending(), contentType: 'image/jpeg', fetchFrom: 'c2VhbGVk' };
      await harness.images.create(image);
      const other = { ...image, contentType: 'image/png' };
      await assert.rejects(harness.images.replace(image, other), /image\/jpeg would become image\/png/);
      const fetched = { ...other, fetchFrom: null };
      assert.equal(await harness.images.replace(image, fetched), true);
      assert.deepEqual(await harness.images.get(image.id), fetched);
      await assert.rejects(harness.images.replace(fetched, { ...fetched, contentType: 'image/gif' }), /would become/);
    });

    it('replaces nothing if there is no record', async () => {
      await using harness = await create();
      const image = samplePending();
      assert.equal(await harness.images.replace(image, samplePublished(image)), false);
      assert.equal(await harness.images.get(image.id), undefined);
    });

    it('grants a claim to exactly one of many concurrent writers', async () => {
      await using harness = await create();
      const image = samplePending();
      await harness.images.create(image);
      const claimed = Array.from({ length: 20 }, (_, index) => claimedBy(image, `attempt ${index}`));
      const won = await Promise.all(claimed.map((to) => harness.images.replace(image, to)));
      assert.equal(won.filter((isWinner) => isWinner).length, 1);
      assert.deepEqual(await harness.images.get(image.id), claimed[won.indexOf(true)]);
    });

    it('does not let a superseded claim publish, even at the same revision', async () => {
      await using harness = await create();
      const image = samplePending();
      const [slow, fast] = [claimedBy(image, 'slow'), claimedBy(image, 'fast')];
      await harness.images.create(image);
      assert.equal(await harness.images.replace(image, slow), true);
      assert.equal(await harness.images.replace(slow, fast), true);
      assert.equal(await harness.images.replace(slow, samplePublished(slow)), false);
      assert.equal(await harness.images.replace(fast, samplePublished(fast)), true);
    });

    it('detects a lease that was renewed in the meantime', async () => {
      await using harness = await create();
      const claimed = claimedBy(samplePending(), 'attempt');
      const renewed = { ...claimed, claim: { attempt: 'attempt', leaseUntil: new Date(NOW.getTime() + 120_000) } };
      await harness.images.create(claimed);
      assert.equal(await harness.images.replace(claimed, renewed), true);
      assert.equal(await harness.images.replace(claimed, samplePublished(claimed)), false);
    });

    it('detects an expiry that was moved in the meantime', async () => {
      await using harness = await create();
      const image = samplePending();
      await harness.images.create(image);
      const extended = extend(image, new Date(image.expiresAt.getTime() + 60_000));
      assert.equal(await harness.images.replace(image, extended), true);
      assert.equal(
        await harness.images.replace(image, { ...image, description: 'x', revision: image.revision + 1 }),
        false,
      );
      assert.deepEqual(await harness.images.get(image.id), extended);
    });

    describeFind(create);
    describePages(create);
    describeKeyUses(create);
    describeExternalIds(create);
    describeFormerIds(create);
    describeDetails(create);
    describeTokenUses(create);
    describeRenditionNotes(create);
    describeUpkeep(create);
    describeUnreadable(create);
  });
}

const ID = newImageId();
const STATUSES = [
  'pending',
  'held',
  'ready',
  'trashed',
  'rejected',
  'expired',
  'deleted',
] as const satisfies readonly Status[];

const claimedBy = (image: PendingImage, attempt: string): PendingImage => ({
  ...image,
  claim: { attempt, leaseUntil: new Date(NOW.getTime() + 60_000) },
});

function describeTransition(from: Status, to: Status, create: () => Promise<ImageRepositoryHarness>): void {
  if (from === to) return;
  if (canBecome(from, to)) {
    it(`turns ${from} into ${to} once: a stale writer loses`, async () => {
      await using harness = await create();
      const before = await inStatus(harness.images, from);
      const after = nextImage(before, to);
      assert.equal(await harness.images.replace(before, after), true);
      assert.deepEqual(await harness.images.get(before.id), after);
      assert.equal(await harness.images.replace(before, after), false);
      assert.equal(await harness.images.replace(before, { ...before, revision: before.revision + 1 }), false);
      assert.deepEqual(await harness.images.get(before.id), after);
    });
    return;
  }
  it(`refuses to turn ${from} into ${to}, as a programming error`, async () => {
    await using harness = await create();
    const before = await inStatus(harness.images, from);
    const after = nextImage(before, to);
    await assert.rejects(harness.images.replace(before, after), new RegExp(`${from} can't become ${to}`));
    assert.deepEqual(await harness.images.get(before.id), before);
  });
}

async function inStatus(images: ImageRepository, status: Status): Promise<Image> {
  const pending = samplePending({ tags: ['red', 'blue'], metadata: { camera: 'X100' } });
  if (status === 'trashed') {
    const ready = await inStatus(images, 'ready');
    const trashed = nextImage(ready, status);
    assert.equal(await images.replace(ready, trashed), true);
    return trashed;
  }
  await images.create(pending);
  if (status === 'pending') return pending;
  const image = nextImage(pending, status);
  assert.equal(await images.replace(pending, image), true);
  return image;
}

/** Returns `image` in another status, which may be illegal. */
function nextImage(image: Image, status: Status): Image {
  const revision = image.revision + 1;
  const pending = samplePending({ ...described(image), revision: image.revision });
  switch (status) {
    case 'pending':
      return { ...pending, revision };
    case 'held':
      return sampleHeld(pending);
    case 'ready':
      return samplePublished(pending);
    case 'trashed': {
      const { filteredBy: _, ...published } = samplePublished(pending);
      return { ...published, status, purgeAt: NOW };
    }
    case 'rejected':
      return reject(pending, { code: 'unreadable-image', detail: "it isn't", params: { reason: 'cut-off' } }, NOW);
    case 'expired':
      return expire(pending, NOW);
    case 'deleted':
      return tombstone(pending, NOW);
  }
}

const described = ({ id, userId, filename, tags, description, metadata }: Image) => ({
  id,
  userId,
  filename,
  tags,
  description,
  metadata,
});
