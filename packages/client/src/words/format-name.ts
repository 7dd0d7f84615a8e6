/**
 * What people call a type of image: `WebP` for `image/webp`, `SVG` for `image/svg+xml`, `DNG` for `image/x-adobe-dng`.
 */
export const formatName = (type: string): string =>
  type
    .replace(/.*\/(?:x-(?:.*-)?)?|\+.*/g, '')
    .toUpperCase()
    .replace('WEBP', 'WebP');
