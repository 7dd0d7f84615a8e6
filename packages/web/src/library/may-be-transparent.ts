import type { Picture } from './library.ts';

const OPAQUE = new Set(['image/jpeg', 'image/heic', 'image/heif']);

/** By its type: the service doesn't tell whether a pixel is transparent. */
export const mayBeTransparent = ({ content_type: type }: Pick<Picture, 'content_type'>): boolean => !OPAQUE.has(type);
