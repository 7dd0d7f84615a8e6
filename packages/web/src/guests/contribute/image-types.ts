import type { Service } from '@safelight/client';

/** File names of types that not every browser knows. */
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  'image/heic': ['heic', 'heif'],
  'image/tiff': ['tif', 'tiff'],
};

/** Types as a service tells them; guests aren't told how many pixels a picture may have. */
export const imageTypesOf = (types: readonly string[]): NonNullable<Service['image_types']> =>
  types.map((content_type) => ({
    content_type,
    extensions: [...(EXTENSIONS[content_type] ?? [])],
    max_pixels: Number.MAX_SAFE_INTEGER,
  }));
