import assert from 'node:assert/strict';
import type { Image } from '../../../domain/image/image.ts';
import type { ImageFilter } from '../../../domain/image/image-filter.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import type { ListPosition } from '../../../domain/lists/list-position.ts';
import type { FindQuery, ImageRepository } from '../image-repository.ts';
import { modelList } from '../list-model.fixture.ts';

/** Tracks walks along lists while images change, and the images that each walk must meet. */
export function createListWalks() {
  const stored = new Map<ImageId, Image>();
  /** The new versions of images that are being written. */
  const changing = new Map<ImageId, Image>();
  const walks = new Set<{ readonly query: FindQuery; readonly due: Set<ImageId> }>();

  const isKept = (from: Image, to: Image, query: FindQuery): boolean =>
    modelList([from], query).length === 1 && modelList([to], query).length === 1 && keepsTag(from, to, query);

  return {
    stored,

    /** Makes the change; active walks need no longer meet an image that leaves their list. */
    async change(from: Image | undefined, to: Image, write: () => Promise<unknown>): Promise<void> {
      if (from) {
        changing.set(to.id, to);
        for (const { query, due } of walks) if (!isKept(from, to, query)) due.delete(to.id);
      }
      await write();
      changing.delete(to.id);
      stored.set(to.id, to);
    },

    start(query: FindQuery) {
      const due = new Set<ImageId>();
      for (const image of stored.values()) {
        if (isKept(image, changing.get(image.id) ?? image, query)) due.add(image.id);
      }
      const walk = { query, due };
      walks.add(walk);
      const seen: ImageId[] = [];
      let after: ListPosition | undefined;
      return {
        /** Reads one page; returns true at the last one, once it has checked that no image was missed or repeated. */
        async page(images: ImageRepository): Promise<boolean> {
          const page = await images.find({ ...query, after });
          seen.push(...page.images.map(({ id }) => id));
          after = page.next ?? undefined;
          if (after !== undefined) return false;
          walks.delete(walk);
          assert.equal(new Set(seen).size, seen.length, 'expected no image twice');
          assert.deepEqual(
            [...due].filter((id) => !seen.includes(id)),
            [],
            'expected no image to be missed',
          );
          return true;
        },
      };
    },
  };
}

/** An image that moves from one of several tags to another may do so between the reads of both. */
const keepsTag = (from: Image, to: Image, query: ImageFilter): boolean =>
  query.status !== 'ready' ||
  query.words !== undefined ||
  query.tagMode === 'all' ||
  query.tags.some((tag) => from.tags.includes(tag) && to.tags.includes(tag));
