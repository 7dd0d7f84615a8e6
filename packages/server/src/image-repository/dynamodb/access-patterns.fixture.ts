import { reject, tombstone } from '../../domain/image.ts';
import type { FindQuery, ImageRepository } from '../image-repository.ts';
import { readyQuery } from '../list-model.fixture.ts';
import { NOW, newImageId, sampleKeyUse, samplePublished } from '../sample-images.fixture.ts';
import { idOf, weighedPending, weighedReady } from './weighed-images.fixture.ts';

export interface Repositories {
  readonly images: ImageRepository;
  /** The same table, by a process with GLOBAL_LISTS=false. */
  readonly ownLists: ImageRepository;
}

/** Does what an access needs before it, and answers the access itself. */
type Pattern = (repositories: Repositories) => Promise<() => Promise<unknown>>;

/** What the service does with its table, by the names that docs/operations.md has for it. */
export const PATTERNS: Readonly<Record<string, Pattern>> = {
  grant: async ({ images }) => {
    const pending = newPending(5);
    return () => images.create(pending);
  },
  'grant with an `Idempotency-Key`': async ({ images }) => {
    const pending = newPending(5);
    const use = sampleKeyUse({ userId: pending.userId, imageId: pending.id, leaseUntil: null });
    return () => images.useKey(use, NOW, pending);
  },
  '`Idempotency-Key` of a direct upload': async ({ images }) => {
    const use = sampleKeyUse({ userId: 'photographer', key: 'direct' });
    return async () => {
      await images.useKey(use, NOW);
      return images.replaceKeyUse(use, { ...use, leaseUntil: null });
    };
  },
  claim: async ({ images }) => {
    const pending = await granted(images, 5);
    return () => images.replace(pending, claimed(pending));
  },
  'ready, no tags': ready(0, 'images'),
  'ready, 5 tags': ready(5, 'images'),
  'ready, 20 tags': ready(20, 'images'),
  'ready, no tags, without global lists': ready(0, 'ownLists'),
  'ready, 5 tags, without global lists': ready(5, 'ownLists'),
  'ready, 20 tags, without global lists': ready(20, 'ownLists'),
  'all of an upload, 5 tags': async ({ images }) => {
    const pending = newPending(5);
    return async () => {
      await images.create(pending);
      await images.get(pending.id);
      await images.replace(pending, claimed(pending));
      await images.replace(claimed(pending), samplePublished(claimed(pending)));
    };
  },
  rejected: async ({ images }) => {
    const pending = claimed(await granted(images, 5));
    await images.replace({ ...pending, claim: null }, pending);
    return () => images.replace(pending, reject(pending, { code: 'empty-upload', detail: 'no bytes' }, NOW));
  },
  'another tag': anotherTag('images'),
  'another tag, without global lists': anotherTag('ownLists'),
  'another description': async ({ images }) => {
    const image = await published(images, 5);
    return () => images.replace(image, { ...image, description: 'another', revision: image.revision + 1 });
  },
  'delete, 5 tags': deletion('images'),
  'delete, 5 tags, without global lists': deletion('ownLists'),
  'removal noted': async ({ images }) => {
    const image = await published(images, 5);
    const deleted = tombstone(image, NOW);
    await images.replace(image, deleted);
    return () => images.replace(deleted, { ...deleted, remains: { removeAt: new Date(NOW.getTime() + 1) } });
  },
  'sweep with nothing due': async ({ images }) => {
    const long = new Date(NOW.getTime() - 10 ** 9);
    return async () => {
      await images.holdLease({ name: 'sweep', holder: 'one', until: NOW }, NOW);
      return images.due(long, 20);
    };
  },
  'lease of the sweeper': async ({ images }) => {
    return () => images.holdLease({ name: 'sweep', holder: 'one', until: NOW }, NOW);
  },
  'readiness check': async ({ images }) => () => images.check(),
  'image by id': async ({ images }) => {
    const image = await published(images, 5);
    return () => images.get(image.id);
  },

  'an owner': page({ userId: 'ada' }),
  "an owner's dates": page({ userId: 'ada', createdFrom: new Date(0), createdBefore: NOW, order: 'oldest' }),
  'an owner, a tag': page({ userId: 'ada', tags: ['seaside'] }),
  'an owner, a type': page({ userId: 'ada', contentType: 'image/jpeg' }),
  'an owner, all of two tags': page({ userId: 'ada', tags: ['seaside', 'holiday'] }),
  'an owner, any of two tags': page({ userId: 'ada', tags: ['seaside', 'holiday'], tagMode: 'any' }),
  'an owner, a tag and a type': page({ userId: 'ada', tags: ['seaside'], contentType: 'image/jpeg' }),
  'all owners': page({}),
  'dates, all owners': page({ createdFrom: new Date(0), createdBefore: NOW, order: 'oldest' }),
  'a tag': page({ tags: ['seaside'] }),
  'a type': page({ contentType: 'image/jpeg' }),
  'all of two tags': page({ tags: ['seaside', 'holiday'] }),
  'any of two tags': page({ tags: ['seaside', 'holiday'], tagMode: 'any' }),
  'a tag and a type': page({ tags: ['seaside'], contentType: 'image/jpeg' }),
  "an owner's pending, none": find({ status: 'pending', userId: 'nobody', ...PROBE }),
  "an owner's pending, 20 and more": find({ status: 'pending', userId: 'ada', ...PROBE }),
  "all owners' pending, 20 and more": find({ status: 'pending', ...PROBE }),
};

/** What the patterns find: two owners' images in turns, ready ones and pending ones. */
export async function addListed({ images }: Repositories): Promise<void> {
  const all = Array.from({ length: LISTED }, (_, n) => n).map(async (n) => {
    const listed = { userId: n < LISTED / 2 ? 'bob' : 'ada', tags: ['seaside', 'holiday'] };
    const pending = weighedPending({ ...listed, id: idOf(2 * n) });
    await images.create(weighedPending({ ...listed, id: idOf(2 * n + 1) }));
    await images.create(pending);
    await images.replace(pending, samplePublished(pending));
  });
  await Promise.all(all);
}
