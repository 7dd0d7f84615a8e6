import type { Image } from '../../domain/image/image.ts';
import { matches } from '../../domain/image/image-filter.ts';
import { isBehind, positionOf } from '../../domain/lists/list-position.ts';
import type { FindQuery, Page } from '../../records/images/image-repository.ts';

/**
 * Adds to the first page of `query` the images that belong into it but that a lagging index doesn't show yet. Images
 * that sort after the page's end are left to the next page.
 */
export function mergeIntoPage(page: Page, images: readonly Image[], query: FindQuery): Page {
  const { next } = page;
  const { order, limit } = query;
  const at = (image: Image) => positionOf(image, query);

  const shown = new Set(page.images.map(({ id }) => id));
  const missing = images.filter(
    (image) => matches(image, query) && !shown.has(image.id) && (next === null || !isBehind(at(image), next, order)),
  );
  if (missing.length === 0) return page;

  const merged = [...page.images, ...missing].toSorted((a, b) => (isBehind(at(a), at(b), order) ? 1 : -1));
  if (merged.length <= limit) return { images: merged, next };
  const fitting = merged.slice(0, limit);
  const last = fitting.at(-1);
  return { images: fitting, next: last ? at(last) : null };
}
