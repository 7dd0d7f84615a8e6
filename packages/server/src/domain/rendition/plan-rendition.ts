import { AppError, invalidField } from '../errors.ts';
import type { FocalPoint } from '../image/focal-point.ts';
import { IMAGE_FORMATS, type MediaType } from '../image/media-type.ts';
import type { AcceptedFormats } from './accepted-formats.ts';
import { CENTRE, focalPosition } from './focal-position.ts';
import type { Placement, Recipe } from './recipe.ts';
import { requireAffordable, requireEnlargeable, requireRetouchable, requireTrimmable } from './rendition-cost.ts';
import { requestedBox, requestedPadding, requestedRadius, roundedBy } from './requested-box.ts';
import {
  type FixedPosition,
  MAX_RESULT_SIDE,
  type Padding,
  type Region,
  type Size,
  type Transform,
} from './transform.ts';
import { TRIM_OR_WATERMARK } from './transform-contradictions.ts';
import { type Mark, watermarkOf } from './watermark.ts';

/** The size of the original as seen; of an animation, one frame's size. */
export interface Source extends Size {
  readonly contentType: MediaType;
  readonly focalPoint: FocalPoint | null;
}

/** 512 x 512. `auto` makes no larger AVIF, because it costs several times the WebP of the same image. */
export const AVIF_MAX_PIXELS = 262_144;

/**
 * Decides every number of a rendition. The result is never larger than the source, except with `enlarge` and for the
 * canvas of `pad` and `padding`.
 * Errors: `invalid-request` for a crop beyond the source, an unbounded result that is too large, and a transform that
 * is too expensive. `mark`: the image of the transform's watermark.
 */
export function planRendition(
  source: Source,
  transform: Transform,
  accepted: AcceptedFormats,
  mark: Mark | null = null,
): Recipe {
  const { rotate, flip, pixelate, background, blur, sharpen, quality, maxBytes, fit, enlarge } = transform;
  const crop = cropWithin(source, transform.crop);
  const left = turned(crop ?? source, rotate);
  const position = transform.position === 'focal' ? focalPosition(source, crop, transform) : transform.position;
  const asked = requestedRadius(transform);
  const placement = { ...requestedBox(transform), fit, position, enlarge, padding: requestedPadding(transform) };
  const trim = transform.trim === null ? null : { ...placement, threshold: transform.trim, radius: asked };
  if (trim) requireTrimmable(source);
  if (trim && transform.watermark !== null) throw invalidField('?trim', TRIM_OR_WATERMARK); // also one that nobody asked for
  const layout = trim ? UNDECIDED : layOut(left, placement);
  const size = trim ? largestSize(left, trim) : resultSize(layout);
  requireBounded(withoutPadding(size, placement.padding));
  requireBounded(size, 'padding');

  const format = formatOf(transform, { source, size, accepted });
  const watermark = trim ? null : watermarkOf(transform, mark, pictureIn(layout));
  requireRetouchable(transform, size);
  requireAffordable({ format, quality, sharpen, maxBytes, trim, watermark }, size);
  const isWhole = format === 'webp' && transform.page === null && trim === null && mayBeAnimated(source);
  const page = isWhole ? null : (transform.page ?? 0);
  return {
    page,
    crop,
    rotate,
    flip,
    ...layout,
    pixelate,
    colors: colorsOf(transform),
    background,
    blur,
    sharpen,
    watermark,
    radius: trim ? null : roundedBy(asked, size),
    format,
    quality,
    maxBytes,
    trim,
  };
}

function colorsOf({ brightness, contrast, saturation, gray, tint }: Transform): Recipe['colors'] {
  const isChanged = brightness !== 0 || contrast !== 0 || saturation !== 0 || gray || tint !== null;
  return isChanged ? { brightness, contrast, saturation, gray, tint } : null;
}

/** The recipe for a picture whose `content`, as seen, remains; null: nothing of it is cut away. */
export function withoutTrim(recipe: Recipe, { source, content }: Trimmed): Recipe {
  const { trim, rotate } = recipe;
  if (!trim) return recipe;
  const layout = layOut(turned(content ?? source, rotate), trim);
  return { ...recipe, trim: null, crop: content, ...layout, radius: roundedBy(trim.radius, resultSize(layout)) };
}

interface Trimmed {
  readonly source: Size;
  readonly content: Region | null;
}

const UNDECIDED: Layout = { scaled: null, window: null, canvas: null };

/** No side of the result is longer, whatever part of the source is left. */
function largestSize(source: Size, { width, height, fit, padding }: Placement): Size {
  const { top, right, bottom, left } = padding;
  const isPad = fit === 'pad' && width !== null && height !== null;
  const inner = isPad
    ? { width, height }
    : {
        width: Math.min(width ?? source.width, source.width),
        height: Math.min(height ?? source.height, source.height),
      };
  return { width: left + inner.width + right, height: top + inner.height + bottom };
}

const withoutPadding = ({ width, height }: Size, { top, right, bottom, left }: Padding): Size => ({
  width: width - left - right,
  height: height - top - bottom,
});

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

function layOut(source: Size, placement: Placement): Layout {
  const { width, height, fit, enlarge, position, padding } = placement;
  if (fit === 'inside' || width === null || height === null) {
    const box = { width: width ?? Number.POSITIVE_INFINITY, height: height ?? Number.POSITIVE_INFINITY };
    const scaled = enlarge ? fitted(source, box) : inside(source, { width, height });
    return padded({ scaled, window: null, canvas: null }, padding);
  }
  const box = { width, height };
  const unpadded =
    fit === 'cover'
      ? cover(source, enlarge ? box : inside(box, source), position)
      : pad(enlarge ? fitted(source, box) : inside(source, box), box, position);
  return padded(unpadded, padding);
}

/** The largest size of the source's shape within the box and the source; null: unbounded. */
export const inside = (source: Size, box: { readonly width: number | null; readonly height: number | null }): Size =>
  fitted(source, {
    width: Math.min(box.width ?? source.width, source.width),
    height: Math.min(box.height ?? source.height, source.height),
  });

/** The largest size of the source's shape within the box, of which one side may be infinite. */
function fitted(source: Size, { width, height }: Size): Size {
  return width * source.height <= height * source.width
    ? { width, height: side(source.height * width, source.width) }
    : { width: side(source.width * height, source.height), height };
}

/** Uses whole numbers, so that halves are exact and round up. An image has at least one pixel. */
const side = (product: number, divisor: number): number => Math.max(1, Math.round(product / divisor));

/** The source scaled to cover this part, whose place the position decides. */
function cover(source: Size, part: Size, position: FixedPosition): Layout {
  const scaled =
    part.width * source.height >= part.height * source.width
      ? { width: part.width, height: side(source.height * part.width, source.width) }
      : { width: side(source.width * part.height, source.height), height: part.height };
  requireEnlargeable(scaled, source);
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
function pad(scaled: Size, box: Size, position: FixedPosition): Layout {
  if (isSame(scaled, box)) return { scaled, window: null, canvas: null };
  const { x, y } = typeof position === 'string' ? CENTRE : position;
  const left = Math.round(x * (box.width - scaled.width));
  const top = Math.round(y * (box.height - scaled.height));
  return { scaled, window: null, canvas: { left, top, ...box } };
}

/** Grows the canvas of the layout, or gives it one. */
function padded(layout: Layout, { top, right, bottom, left }: Padding): Layout {
  if (top + right + bottom + left === 0) return layout;
  const inner = layout.canvas ?? { left: 0, top: 0, ...resultSize(layout) };
  const size = { width: inner.width + left + right, height: inner.height + top + bottom };
  return { ...layout, canvas: { left: inner.left + left, top: inner.top + top, ...size } };
}

const isSame = (one: Size, other: Size): boolean => one.width === other.width && one.height === other.height;

function requireBounded({ width, height }: Size, reason?: 'padding'): void {
  if (width <= MAX_RESULT_SIDE && height <= MAX_RESULT_SIDE) return;
  const parameter = reason ?? (width > MAX_RESULT_SIDE ? 'w' : 'h');
  const detail = `expected a result of at most ${MAX_RESULT_SIDE} pixels a side; got ${width} x ${height}, which ${parameter} can lower`;
  throw invalidField(`?${parameter}`, detail);
}

interface FormatQuestion {
  readonly source: Source;
  readonly size: Size;
  readonly accepted: AcceptedFormats;
}

function formatOf(
  { format, maxBytes, radius }: Pick<Transform, 'format' | 'maxBytes' | 'radius'>,
  { source, size, accepted }: FormatQuestion,
): Recipe['format'] {
  if (format !== 'auto') return format;
  const isSmall = size.width * size.height <= AVIF_MAX_PIXELS;
  if (accepted.avif && isSmall && !mayBeAnimated(source)) return 'avif'; // an AVIF would lose the animation
  if (accepted.webp) return 'webp';
  if (maxBytes !== null) return 'jpeg'; // a PNG has no quality to lower
  return radius === null ? 'plain' : 'png'; // JPEG has no transparent corners
}

const mayBeAnimated = ({ contentType }: Source): boolean => IMAGE_FORMATS[contentType].mayBeAnimated;
