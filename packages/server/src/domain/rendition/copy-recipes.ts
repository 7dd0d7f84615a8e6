import { IMAGE_FORMATS, type MediaType } from '../image/media-type.ts';
import type { WorkingCopy } from '../image/working-copy.ts';
import { inside } from './plan-rendition.ts';
import { type Recipe, UNCHANGED } from './recipe.ts';
import type { Region, Size } from './transform.ts';

/** What the policy must know of an image. */
export interface CopiedImage extends Size {
  readonly contentType: MediaType;
}

/** The longest side of a copy. */
export const COPY_SIDE = 2_048;

/**
 * How the copy of an image is made; undefined if it shall have none. Animations have none, which only the decoder
 * knows.
 */
export function copyRecipe(image: CopiedImage): Recipe | undefined {
  const { contentType, width, height } = image;
  const { copiedFrom } = IMAGE_FORMATS[contentType];
  if (copiedFrom === null || width * height < copiedFrom || Math.max(width, height) <= COPY_SIDE) return undefined;
  return { ...UNCHANGED, scaled: copySize(image), format: 'copy', quality: null };
}

/**
 * libjpeg decodes a half, a quarter or an eighth of both sides, rounded up: of another side the picture would be
 * shifted by a fraction.
 */
const SIDE_STEP = 8;

/** Not exactly in the image's shape, which renditions have again. */
export function copySize(image: Size): Size {
  const { width, height } = inside(image, { width: COPY_SIDE, height: COPY_SIDE });
  return { width: stepped(width, image.width), height: stepped(height, image.height) };
}

const stepped = (side: number, most: number): number => Math.min(Math.ceil(side / SIDE_STEP) * SIDE_STEP, most);

/**
 * How much larger the copy's part must be than the result, in both directions. Sharpening, contrast and stronger
 * colors would show the difference sooner.
 */
const LEAST_RATIO = 2;
const LEAST_RATIO_AMPLIFIED = 3;

const isAmplified = ({ sharpen, colors }: Recipe): boolean =>
  sharpen !== null || (colors !== null && (colors.contrast > 0 || colors.saturation > 0));

/** An edge of a crop may move by this much of a pixel of the result. */
const MAX_SHIFT = 0.125;

/**
 * The recipe in the pixels of the copy. Undefined: the result might differ visibly, so the original is the source.
 * `attention` and `entropy` look at the pixels and would choose another part.
 */
export function recipeFromCopy(
  recipe: Recipe,
  image: CopiedImage,
  copy: Pick<WorkingCopy, 'width' | 'height' | 'contentType'>,
): Recipe | undefined {
  const { page, scaled, rotate, trim } = recipe;
  if (trim !== null || scaled === null) return undefined; // the border is found in the original's pixels
  if ((page ?? 0) !== 0) return undefined; // the original tells that there is no such page
  const format = formatFromCopy(recipe.format, image, copy);
  if (format === undefined) return undefined;
  const isQuarter = rotate === 90 || rotate === 270;
  const size = isQuarter ? { width: scaled.height, height: scaled.width } : scaled;
  const crop = recipe.crop && cropOfCopy(recipe.crop, { from: image, to: copy, size });
  if (crop === undefined) return undefined;
  const ratio = isAmplified(recipe) ? LEAST_RATIO_AMPLIFIED : LEAST_RATIO;
  const part = crop ?? copy;
  if (part.width < size.width * ratio || part.height < size.height * ratio) return undefined;
  return { ...recipe, page: 0, crop, format };
}

/** `plain` depends on the original: on its type, and on its pixels if any of them is transparent. */
function formatFromCopy(
  format: Recipe['format'],
  { contentType }: CopiedImage,
  copy: Pick<WorkingCopy, 'contentType'>,
): Recipe['format'] | undefined {
  if (format !== 'plain') return format;
  if (IMAGE_FORMATS[contentType].plainRendition === 'png') return 'png';
  return copy.contentType === 'image/jpeg' ? 'jpeg' : undefined;
}

/** In whole pixels of the copy; undefined if an edge would move too far. */
function cropOfCopy(
  { left, top, width, height }: Region,
  { from, to, size }: { readonly from: Size; readonly to: Size; readonly size: Size },
): Region | undefined {
  const across = edgesOfCopy([left, left + width], { scale: to.width / from.width, length: size.width });
  const down = edgesOfCopy([top, top + height], { scale: to.height / from.height, length: size.height });
  return across && down && { left: across.start, width: across.length, top: down.start, height: down.length };
}

function edgesOfCopy(
  edges: readonly [number, number],
  { scale, length }: { readonly scale: number; readonly length: number },
): { readonly start: number; readonly length: number } | undefined {
  const [exactStart, exactEnd] = [edges[0] * scale, edges[1] * scale];
  const [start, end] = [Math.round(exactStart), Math.round(exactEnd)];
  if (end <= start) return undefined;
  const perPixel = (end - start) / length;
  const shift = Math.max(Math.abs(start - exactStart), Math.abs(end - exactEnd)) / perPixel;
  return shift <= MAX_SHIFT ? { start, length: end - start } : undefined;
}
