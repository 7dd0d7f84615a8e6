import type { Image } from '../../domain/image/image.ts';
import { matches } from '../../domain/image/image-filter.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { FindQuery, Page } from '../../records/images/image-repository.ts';

/**
 * Adds to the first page of `query` the images that belong into it but that a lagging index doesn't show yet. Images
 * that sort after the page's end are left to the next page.
 */
export function mergeIntoPage(page: Page, images: readonly Image[], query: FindQuery): Page {
  const { next } = page;
  const { order, limit } = query;
  const isBehind = (id: ImageId, position: ImageId) => (order === 'newest' ? id < position : id > position);

  const shown = new Set(page.images.map(({ id }) => id));
  const missing = images.filter(
    (image) => matches(image, query) && !shown.has(image.id) && (next === null || !isBehind(image.id, next)),
  );
  if (missing.length === 0) return page;

  const merged = [...page.images, ...missing].toSorted((a, b) => (isBehind(a.id, b.id) ? 1 : -1));
  if (merged.length <= limit) return { images: merged, next };
  const fitting = merged.slice(0, limit);
  return { images: fitting, next: fitting.at(-1)?.id ?? null };
}
