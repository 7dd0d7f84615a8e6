import sharp, { type Sharp } from 'sharp';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Size } from '../../domain/rendition/transform.ts';
import type { Header, Timing } from '../pixels.ts';
import { NO_TURN, type Turn } from './turn.ts';

/** A picture in the pipeline: `image` holds pending operations, and performs them when pixels are requested. */
export interface Picture {
  readonly image: Sharp;
  /** The size of one frame, after the pending operations. */
  readonly size: Size;
  readonly frames: number;
  /** The timing of an animation. */
  readonly timing: Timing | null;
  /** The turn from the stored to the displayed orientation. */
  readonly turn: Turn;
  readonly pixels: Header['pixels'];
  readonly hasAlpha: boolean;
  /** The last operation must be performed before the next is added: sharp would do it later, or wrongly. */
  readonly needsSettling: boolean;
  readonly format: Recipe['format'];
  /** Whether libwebp may scale while it decodes: quicker, and coarser. */
  readonly mayShrinkOnLoad: boolean;
  /** The file may contain an EXIF orientation, which an output without performed operations would keep. */
  readonly mayBeTagged: boolean;
}

/** Pixels of 8-bit sRGB, with or without alpha; frames are stacked vertically. */
export interface Pixels extends Size {
  readonly data: Buffer;
  readonly channels: 3 | 4;
  readonly frames: number;
  readonly timing: Timing | null;
  readonly format: Recipe['format'];
}

/** Performs the pending operations. The size is computed here, because sharp's own doesn't include the canvas. */
export async function toPixels({ image, size, frames, timing, format }: Picture): Promise<Pixels> {
  const data = await image.raw({ depth: 'uchar' }).toBuffer();
  const channels = requireColors(data.length / (size.width * size.height * frames));
  return { data, ...size, channels, frames, timing, format };
}

function requireColors(channels: number): 3 | 4 {
  if (channels !== 3 && channels !== 4) throw new Error(`expected 3 or 4 channels; got ${channels}`);
  return channels;
}

export function fromPixels({ data, width, height, channels, frames, timing, format }: Pixels): Picture {
  // Not set for a single frame: a canvas twice as high would become two frames.
  const raw = { width, height: height * frames, channels, ...(frames > 1 && { pageHeight: height }) };
  return {
    image: sharp(data, { raw, pages: -1, limitInputPixels: false }),
    size: { width, height },
    frames,
    timing,
    turn: NO_TURN,
    pixels: 'rgb',
    hasAlpha: channels === 4,
    needsSettling: false,
    format,
    mayShrinkOnLoad: true,
    mayBeTagged: false,
  };
}

/**
 * sharp performs its operations in a fixed order: an operation that must follow a later one in that order starts from
 * new pixels.
 */
export const settled = async (picture: Picture): Promise<Picture> => fromPixels(await toPixels(picture));

/** Applies `change` to every frame individually, because sharp would treat them as one tall picture. */
export async function eachFrame(picture: Picture, change: (image: Sharp) => Sharp | Promise<Sharp>): Promise<Picture> {
  if (picture.frames === 1) return { ...picture, image: await change(picture.image) };
  const pixels = await toPixels(picture);
  const { data, width, height, channels, frames } = pixels;
  const frameBytes = width * height * channels;
  const raw = { width, height, channels };
  let made = pixels;
  for (let frame = 0; frame < frames; frame++) {
    const image = await change(
      sharp(data.subarray(frame * frameBytes, (frame + 1) * frameBytes), { raw, limitInputPixels: false }),
    );
    const { data: changed, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    if (frame === 0) {
      const room = changed.length === frameBytes ? data : Buffer.alloc(changed.length * frames);
      made = { ...pixels, data: room, width: info.width, height: info.height, channels: requireColors(info.channels) };
    }
    changed.copy(made.data, frame * changed.length);
  }
  return fromPixels(made);
}
