import type { Picture } from '../library/library.ts';
import { mayBeTransparent } from '../library/may-be-transparent.ts';

/** The picture's tile, as far as it is on the screen. */
export function tileOf(id: string): HTMLElement | undefined {
  const tile = document.querySelector<HTMLElement>(`[data-image="${CSS.escape(id)}"]`);
  if (!tile) return undefined;
  const { top, bottom } = tile.getBoundingClientRect();
  return bottom > 0 && top < innerHeight ? tile : undefined;
}

/**
 * What the picture's tile shows, for a place of the picture's proportions: the browser has it in memory, so it is there
 * in the same frame. undefined: nothing yet, or only a part of the picture.
 */
export function imageOfTile(picture: Picture): HTMLImageElement | undefined {
  const { image_id: id, width, height } = picture;
  const shown = document.querySelector<HTMLImageElement>(`[data-image="${CSS.escape(id)}"] img[data-loaded]`);
  if (!shown || !width || !height) return undefined;
  const { naturalWidth, naturalHeight, currentSrc } = shown;
  // The sides of a small rendition are rounded.
  if (Math.abs(naturalWidth * height - naturalHeight * width) > Math.max(width, height)) return undefined;
  const image = new Image();
  image.decoding = 'sync';
  image.alt = '';
  if (mayBeTransparent(picture)) image.dataset['ground'] = '';
  image.src = currentSrc;
  return image;
}
