import assert from 'node:assert/strict';
import fc from 'fast-check';
import { holdAgain, publishHeld } from '../../domain/image/hold.ts';
import { expire, type Image, reject, restore, tombstone, trash } from '../../domain/image/image.ts';
import type { ImageRepository } from '../images/image-repository.ts';
import { NOW, sampleHeld, samplePending, samplePublished } from '../images/sample-images.fixture.ts';

const KINDS = ['publish', 'hold', 'hold again', 'pass', 'reject', 'expire', 'trash', 'restore', 'delete'] as const;
type Kind = (typeof KINDS)[number];

/** Each step changes one image of Ada, or creates another. */
export const STEPS = fc.array(fc.record({ at: fc.nat(16), kind: fc.constantFrom(...KINDS), bytes: fc.nat(9_999) }), {
  maxLength: 40,
});

/** Her images after the steps. */
export async function live(
  images: ImageRepository,
  steps: readonly { readonly at: number; readonly kind: Kind; readonly bytes: number }[],
): Promise<readonly Image[]> {
  const stored: Image[] = [];
  for (const { at, kind, bytes } of steps) {
    const picked = stored[at];
    if (!picked) {
      const image = samplePending({ reservedBytes: bytes });
      assert.equal(await images.create(image), true);
      stored.push(image);
      continue;
    }
    const next = changed(picked, kind);
    if (next === picked) continue;
    assert.equal(await images.replace(picked, next), true);
    stored[at] = next;
  }
  return stored;
}

/** The image itself if it can't change so. */
export function changed(image: Image, kind: Kind): Image {
  const decided = { decided: [], at: NOW };
  switch (kind) {
    case 'delete':
      return image.status === 'deleted' ? image : tombstone(image, NOW);
    case 'trash':
      return image.status === 'ready' ? trash(image, NOW, NOW) : image;
    case 'restore':
      return image.status === 'trashed' ? restore(image, NOW, []) : image;
    case 'hold again': {
      const { screening } = sampleHeld(samplePending());
      return image.status === 'ready' || image.status === 'trashed'
        ? holdAgain(image, { screening, ...decided })
        : image;
    }
    case 'pass':
      return image.status === 'held' ? publishHeld(image, { maintainAt: null, filteredBy: [], ...decided }) : image;
    case 'hold':
      return image.status === 'pending' ? sampleHeld(image) : image;
    case 'publish':
      return image.status === 'pending' ? samplePublished(image) : image;
    case 'expire':
      return image.status === 'pending' ? expire(image, NOW) : image;
    case 'reject':
      return image.status === 'pending' ? reject(image, { code: 'empty-upload', detail: 'no bytes' }, NOW) : image;
  }
}
