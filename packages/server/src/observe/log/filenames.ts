const SLASH = '(?:/|%(?:25)*2f)';
const PART = '[\\w.~%-]{1,700}?';
const IMAGE_ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/**
 * An original's key or its path on disk (`domain/image/object-key.ts`), also percent-encoded. Bounded, so that the
 * search is linear.
 */
const ORIGINAL = new RegExp(`(images${SLASH}${PART}${SLASH}${IMAGE_ID}${SLASH}${PART}${SLASH})[^\\s"'<>?]+`, 'gi');

/**
 * Cuts the names of uploaded files out of keys and paths: people write into them what they like. The id of the image
 * stays.
 */
export const withoutFilenames = (text: string): string => text.replaceAll(ORIGINAL, '$1…');
