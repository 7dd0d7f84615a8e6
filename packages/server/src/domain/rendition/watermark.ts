import { AppError } from '../errors.ts';
import type { ImageId } from '../image/image-id.ts';
import type { Watermark } from './recipe.ts';
import type { Region, Size, Transform } from './transform.ts';

/** An image that may be drawn onto others. Width and height are as seen; of an animation, one frame's. */
export interface Mark extends Size {
  readonly imageId: ImageId;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Its decode adds to that of the source: an AVIF of this size, of noise, takes 0.2 s. */
export const MAX_MARK_PIXELS = 1_024 * 1_024;
/** Noise in a PNG with 16 bits a channel. */
export const MAX_MARK_BYTES = 8 * 1_048_576;

/**
 * The mark in the pixels of the result, whose picture is at `picture` on its canvas. It is never larger than the
 * picture, though the mark itself may be smaller.
 */
export function watermarkOf(transform: Transform, mark: Mark | null, picture: Region): Watermark | null {
  const { watermark, watermarkPosition: point, watermarkScale, watermarkOpacity: opacity } = transform;
  if (watermark === null) return null;
  if (mark === null) throw new AppError('internal', `expected the image of watermark ${watermark}; got none`);
  const factor = Math.min((picture.width * watermarkScale) / mark.width, picture.height / mark.height);
  const size = { width: side(mark.width * factor), height: side(mark.height * factor) };
  const { sha256 } = mark;
  if (transform.watermarkTiles === 1) return { sha256, size, area: picture, opacity };
  const left = picture.left + Math.round(point.x * (picture.width - size.width));
  const top = picture.top + Math.round(point.y * (picture.height - size.height));
  return { sha256, size, area: { left, top, ...size }, opacity };
}

const side = (exact: number): number => Math.max(1, Math.round(exact));
