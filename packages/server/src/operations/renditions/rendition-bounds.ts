import type { ReadyImage } from '../../domain/image/image.ts';
import type { DatedRendition } from '../../domain/rendition/rendition.ts';
import type { ListedObject } from '../../object-store/object-store.ts';

/** The limit per image and kind: without one, every transform or focal point would stay stored. */
const MAX_RENDITIONS = 64;

/** Some sizes and crops of one picture take less than twice its bytes; eight times leave room for PNGs of a JPEG. */
const MAX_BYTES_BY_ORIGINAL = 8;
/** For small originals: a rendition of 16.8 megapixels as a PNG without much compression takes 50 MB. */
const LEAST_MAX_BYTES = 64 * 1_048_576;

/** Costs a request for each object of which the store lists only the key. */
export async function newestFirst(all: readonly ListedObject[]): Promise<DatedRendition[]> {
  const dated = await Promise.all(all.map(async (one) => ({ key: one.key, ...(await one.details()) })));
  return dated.toSorted((one, other) => other.storedAt.getTime() - one.storedAt.getTime());
}

/**
 * The oldest renditions beyond what is kept of an image, in number and in bytes. The first one is kept in any case.
 * `newest`: of one kind, the newest first.
 */
export function beyondBounds(
  { sizeBytes }: Pick<ReadyImage, 'sizeBytes'>,
  newest: readonly DatedRendition[],
): readonly DatedRendition[] {
  const maxBytes = Math.max(sizeBytes * MAX_BYTES_BY_ORIGINAL, LEAST_MAX_BYTES);
  let totalBytes = 0;
  const first = newest.findIndex((one, index) => {
    totalBytes += one.sizeBytes;
    return index > 0 && (index >= MAX_RENDITIONS || totalBytes > maxBytes);
  });
  return first < 0 ? [] : newest.slice(first);
}
