/** What people call a type of image: `WebP` for `image/webp`, `SVG` for `image/svg+xml`. */
export const formatName = (type: string): string =>
  type
    .replace(/.*\/|\+.*/g, '')
    .toUpperCase()
    .replace('WEBP', 'WebP');
