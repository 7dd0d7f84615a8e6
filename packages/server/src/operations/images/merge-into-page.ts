import type { Image } from '../../domain/image/image.ts';
import { matches } from '../../domain/image/image-filter.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { FindQuery, Page } from '../../image-repository/image-repository.ts';

/**
 * The first page of `query` with those of `images` that belong into it and that an index, lagging behind, didn't show.
 * What comes behind its end is left to the next page, be there one.
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
