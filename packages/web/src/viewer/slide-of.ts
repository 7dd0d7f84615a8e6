import { placeholderUrl } from '@safelight/client';
import type { SlideData } from 'photoswipe';
import type { Picture } from '../library/library.ts';
import { mayBeTransparent } from '../library/may-be-transparent.ts';
import { wholeRenditions } from './renditions.ts';

/** The size that the service counts for an image that it didn't measure: a square that fits any screen. */
const UNKNOWN = 1_000;

/**
 * What PhotoSwipe needs, and ours: `largest`, in pixels, `background`, as CSS, and `hasGround`: what is transparent
 * gets a ground.
 */
export function slideOf(picture: Picture, presets: Readonly<Record<string, string>>): SlideData {
  const renditions = wholeRenditions(picture, presets);
  const largest = renditions.at(-1);
  const placeholder = placeholderUrl(picture);
  return {
    src: largest?.url ?? '',
    srcset: renditions.map(({ url, width }) => `${url} ${width}w`).join(', '),
    width: picture.width ?? UNKNOWN,
    height: picture.height ?? UNKNOWN,
    alt: picture.description ?? picture.filename,
    largest: largest?.width ?? 0,
    hasGround: mayBeTransparent(picture),
    background: `${picture.dominant_color ?? ''} ${placeholder ? `url(${placeholder}) center / 100% 100%` : ''}`,
  };
}
