import { AppError, invalidField } from '../errors.ts';
import type { FocalPoint } from '../image/focal-point.ts';
import { IMAGE_FORMATS, type MediaType } from '../image/media-type.ts';
import type { AcceptedFormats } from './accepted-formats.ts';
import { CENTRE, focalPosition } from './focal-position.ts';
import type { Recipe } from './recipe.ts';
import { requireAffordable } from './rendition-cost.ts';
import { requestedBox } from './requested-box.ts';
import { type FixedPosition, MAX_RESULT_SIDE, type Region, type Size, type Transform } from './transform.ts';
import { type Mark, watermarkOf } from './watermark.ts';

/** The size of the original as seen; of an animation, one frame's size. */
export interface Source extends Size {
  readonly contentType: MediaType;
  readonly focalPoint: FocalPoint | null;
}

/** 512 x 512. `auto` makes no larger AVIF, because it costs several times the WebP of the same image. */
export const AVIF_MAX_PIXELS = 262_144;

/**
 * Decides every number of a rendition. The result is never larger than the source, except for the canvas of `pad`.
 * Errors: `invalid-request` for a crop beyond the source, an unbounded result that is too large, and a transform that
 * is too expensive. `mark`: the image of the transform's watermark.
 */
export function planRendition(
  source: Source,
  transform: Transform,
  accepted: AcceptedFormats,
  mark: Mark | null = null,
): Recipe {
  const { rotate, flip, background, blur, sharpen, quality } = transform;
  const crop = cropWithin(source, transform.crop);
  const left = turned(crop ?? source, rotate);
  const position = transform.position === 'focal' ? focalPosition(source, crop, transform) : transform.position;
  const layout = layOut(left, { ...transform, position });
  const size = resultSize(layout);
  requireBounded(size);

  const format = formatOf(transform.format, { source, size, accepted });
  const watermark = watermarkOf(transform, mark, pictureIn(layout));
  requireAffordable({ format, quality, sharpen, watermark }, size);
  const isWhole = format === 'webp' && transform.page === null && mayBeAnimated(source);
  const page = isWhole ? null : (transform.page ?? 0);
  return { page, crop, rotate, flip, ...layout, background, blur, sharpen, format, quality, watermark };
}

/** The position of a recipe's pixels. */
type Layout = Pick<Recipe, 'scaled' | 'window' | 'canvas'>;

/** The picture on its canvas. */
const pictureIn = ({ canvas, ...layout }: Layout): Region => {
  const { left, top } = canvas ?? { left: 0, top: 0 };
  return { left, top, ...resultSize({ ...layout, canvas: null }) };
};

/** Exactly the size of the result. */
export function resultSize({ scaled, window, canvas }: Layout): Size {
  const size = canvas ?? window ?? scaled;
  if (size === null) throw new AppError('internal', 'expected a recipe with a scale or a window; got one with neither');
  return { width: size.width, height: size.height };
}

/** The whole image is no crop. */
function cropWithin(source: Size, crop: Region | null): Region | null {
  if (crop === null) return null;
  const isWithin = crop.left + crop.width <= source.width && crop.top + crop.height <= source.height;
  if (isWithin) return isSame(crop, source) ? null : crop;
  const got = `${crop.width} x ${crop.height} at ${crop.left},${crop.top}`;
  throw invalidField('?crop', `expected a part of ${source.width} x ${source.height} pixels; got ${got}`);
}

const turned = ({ width, height }: Size, rotate: Transform['rotate']): Size =>
  rotate === 90 || rotate === 270 ? { width: height, height: width } : { width, height };

function layOut(source: Size, transform: Transform & { readonly position: FixedPosition }): Layout {
  const { width, height } = requestedBox(transform);
  if (transform.fit === 'inside' || width === null || height === null) {
    return { scaled: inside(source, { width, height }), window: null, canvas: null };
  }
  const box = { width, height };
  return transform.fit === 'cover' ? cover(source, box, transform.position) : pad(source, box, transform.position);
}

/** The largest size of the source's shape within the box; null: unbounded. */
export function inside(source: Size, box: { readonly width: number | null; readonly height: number | null }): Size {
  const width = Math.min(box.width ?? source.width, source.width);
  const height = Math.min(box.height ?? source.height, source.height);
  return width * source.height <= height * source.width
    ? { width, height: side(source.height * width, source.width) }
    : { width: side(source.width * height, source.height), height };
}

/** Uses whole numbers, so that halves are exact and round up. An image has at least one pixel. */
const side = (product: number, divisor: number): number => Math.max(1, Math.round(product / divisor));

/** The largest part of the source with the box's shape, in the box's size if the source is large enough. */
function cover(source: Size, box: Size, position: FixedPosition): Layout {
  const part = inside(box, source);
  const scaled =
    part.width * source.height >= part.height * source.width
      ? { width: part.width, height: side(source.height * part.width, source.width) }
      : { width: side(source.width * part.height, source.height), height: part.height };
  if (isSame(scaled, part)) return { scaled, window: null, canvas: null };
  if (typeof position === 'string') return { scaled: null, window: { ...part, find: position }, canvas: null };
  return { scaled, window: windowAround(position, scaled, part), canvas: null };
}

/** Centers the region on the point, as far as the edges allow. */
function windowAround(point: Exclude<FixedPosition, string>, scaled: Size, { width, height }: Size): Region {
  const at = (fraction: number, whole: number, part: number): number =>
    Math.min(Math.max(0, Math.round(fraction * whole - part / 2)), whole - part);
  return { left: at(point.x, scaled.width, width), top: at(point.y, scaled.height, height), width, height };
}

/** 0 is the left or upper edge, 1 the opposite one. */
function pad(source: Size, box: Size, position: FixedPosition): Layout {
  const scaled = inside(source, box);
  if (isSame(scaled, box)) return { scaled, window: null, canvas: null };
  const { x, y } = typeof position === 'string' ? CENTRE : position;
  const left = Math.round(x * (box.width - scaled.width));
  const top = Math.round(y * (box.height - scaled.height));
  return { scaled, window: null, canvas: { left, top, ...box } };
}

const isSame = (one: Size, other: Size): boolean => one.width === other.width && one.height === other.height;

function requireBounded({ width, height }: Size): void {
  if (width <= MAX_RESULT_SIDE && height <= MAX_RESULT_SIDE) return;
  const parameter = width > MAX_RESULT_SIDE ? 'w' : 'h';
  const detail = `expected a result of at most ${MAX_RESULT_SIDE} pixels a side; got ${width} x ${height}, which ${parameter} can lower`;
  throw invalidField(`?${parameter}`, detail);
}

interface FormatQuestion {
  readonly source: Source;
  readonly size: Size;
  readonly accepted: AcceptedFormats;
}

function formatOf(asked: Transform['format'], { source, size, accepted }: FormatQuestion): Recipe['format'] {
  if (asked !== 'auto') return asked;
  const isSmall = size.width * size.height <= AVIF_MAX_PIXELS;
  if (accepted.avif && isSmall && !mayBeAnimated(source)) return 'avif'; // an AVIF would lose the animation
  return accepted.webp ? 'webp' : 'plain';
}

const mayBeAnimated = ({ contentType }: Source): boolean => IMAGE_FORMATS[contentType].mayBeAnimated;
