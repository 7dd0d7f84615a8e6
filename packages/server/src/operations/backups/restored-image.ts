import type { StoredImage } from '../../domain/image/image.ts';

/**
 * The record of an image whose bytes came from a backup: all of it but what another store has given. Renditions and working copies aren't
 * archived, so `maintainAt` makes the eager ones again.
 */
export function restoredImage<Archived extends StoredImage>(
  image: Archived,
  { objectTag, hasEagerPresets, at }: { objectTag: string | null; hasEagerPresets: boolean; at: Date },
): Archived {
  const again = ({ maintainAt }: { readonly maintainAt: Date | null }) => ({
    maintainAt: maintainAt !== null || hasEagerPresets ? at : null,
    workingCopy: null,
  });
  if (image.status === 'held')
    return { ...image, objectTag, former: image.former && { ...image.former, ...again(image.former) } };
  return { ...image, objectTag, ...again(image) };
}
