import sharp, { type Sharp } from 'sharp';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Size } from '../../domain/rendition/transform.ts';
import type { Header, Timing } from '../pixels.ts';
import { NO_TURN, type Turn } from './turn.ts';

/** A picture on its way through the pipeline: `image` has what is to be done to it, and does it when pixels are asked for. */
export interface Picture {
  readonly image: Sharp;
  /** Of one frame, after all that is to be done. */
  readonly size: Size;
  readonly frames: number;
  /** Of an animation. */
  readonly timing: Timing | null;
  /** From how it lies to how it is seen. */
  readonly turn: Turn;
  readonly pixels: Header['pixels'];
  readonly hasAlpha: boolean;
  /** What was asked last must be done before the next: sharp would do it after, or wrongly. */
  readonly needsSettling: boolean;
  readonly format: Recipe['format'];
  /** Its file may say how it lies; what isn't settled may take that along. */
  readonly mayBeTagged: boolean;
}

/** Pixels of 8-bit sRGB, with alpha or without; frames stand one below the other. */
export interface Pixels extends Size {
  readonly data: Buffer;
  readonly channels: 3 | 4;
  readonly frames: number;
  readonly timing: Timing | null;
  readonly format: Recipe['format'];
}

/** Does what is to be done so far. The size is ours: sharp's own words leave the canvas out. */
export async function toPixels({ image, size, frames, timing, format }: Picture): Promise<Pixels> {
  const data = await image.raw({ depth: 'uchar' }).toBuffer();
  const channels = data.length / (size.width * size.height * frames);
  if (channels !== 3 && channels !== 4) throw new Error(`expected 3 or 4 channels; got ${channels}`);
  return { data, ...size, channels, frames, timing, format };
}

export function fromPixels({ data, width, height, channels, frames, timing, format }: Pixels): Picture {
  // Of one frame it isn't said: a canvas twice as high would become two frames.
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
    mayBeTagged: false,
  };
}

/**
 * sharp has one order for whatever it is asked: what must come after something it would do later starts from the pixels
 * of that.
 */
export const settled = async (picture: Picture): Promise<Picture> => fromPixels(await toPixels(picture));

/** Does `change` to every frame for itself, where sharp would take all of them for one tall picture. */
export async function eachFrame(picture: Picture, change: (image: Sharp) => Sharp | Promise<Sharp>): Promise<Picture> {
  if (picture.frames === 1) return { ...picture, image: await change(picture.image) };
  const pixels = await toPixels(picture);
  const { data, width, height, channels, frames } = pixels;
  const frameBytes = width * height * channels;
  const raw = { width, height, channels };
  let size: Size = { width, height };
  for (let at = 0; at < frames * frameBytes; at += frameBytes) {
    const frame = data.subarray(at, at + frameBytes);
    const image = await change(sharp(frame, { raw, limitInputPixels: false }));
    const changed = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    size = changed.info;
    changed.data.copy(frame);
  }
  return fromPixels({ ...pixels, width: size.width, height: size.height });
}
