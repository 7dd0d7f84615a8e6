import type { PublishedImage } from '../image/image.ts';
import { type PlannedRendition, plannedRecipe } from './planned-rendition.ts';
import { type Recipe, UNCHANGED } from './recipe.ts';
import type { Size } from './transform.ts';

/**
 * Above the 80 of other renditions: people keep this file in place of the original. 52 megapixels of a photograph take
 * 10 MB, which is what its camera made of it; 13 MB at 95.
 */
const QUALITY = 90;

/**
 * The image in its own size, which no transform may have beyond 4,096 pixels a side: of an animation the first frame.
 */
export const fullSizeRecipe = ({ width, height }: Size): Recipe => ({
  ...UNCHANGED,
  scaled: { width, height },
  format: 'jpeg',
  quality: QUALITY,
});

/** Free, because no preset has it: kept for 30 days, and counted among the image's 64. `encoder`: `Imaging.encoder`. */
export const fullSizeJpeg = (image: PublishedImage, encoder: string): PlannedRendition =>
  plannedRecipe(image, { kind: 'free', recipe: fullSizeRecipe(image), encoder, mark: null });
