/** Types of originals that the browsers of docs/gallery.md show in an `<img>`. */
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']);

/**
 * Whether a page can show the bytes that were uploaded. Instead of others, such as HEIC, it shows a JPEG of the same
 * size.
 */
export const isShownByBrowsers = (type: string): boolean => SHOWN.has(type);
