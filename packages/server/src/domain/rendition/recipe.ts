import type { Colors, Flip, OutputFormat, Region, Rotation, Size } from './transform.ts';

/**
 * Exact instructions for one rendition: every number is decided, so equal recipes make equal images. The steps run in
 * this order on the image as seen (after EXIF orientation).
 */
export interface Recipe {
  /** The one frame to use, from 0; null: all frames. */
  readonly page: number | null;
  readonly crop: Region | null;
  readonly rotate: Rotation;
  readonly flip: Flip;
  /** The crop is scaled to exactly this size; null: `window` determines the scale. */
  readonly scaled: Size | null;
  /**
   * A part of the scaled image: at a position, or chosen by content (then the scale is the smallest that covers it).
   */
  readonly window: Region | (Size & { readonly find: 'attention' | 'entropy' }) | null;
  /** The side of the squares that have one color each, from the upper left corner. */
  readonly pixelate: number | null;
  readonly colors: Colors | null;
  /** A larger canvas, and the image's position on it. */
  readonly canvas: Region | null;
  /**
   * Lower-case hex, `rrggbb` or `rrggbbaa`, behind transparent pixels; null: transparent if the format allows it, else
   * white.
   */
  readonly background: string | null;
  readonly blur: number | null;
  readonly sharpen: number | null;
  /** The corners, at most half of each side. Outside they are transparent, or of the background in a JPEG. */
  readonly radius: Radii | null;
  /**
   * `plain`: PNG for a PNG or GIF or with transparency, else JPEG. `copy`: a working copy, JPEG or with transparency
   * WebP; never part of a rendition's name.
   */
  readonly format: OutputFormat | 'plain' | 'copy';
  /** 1 to 100; null for the format's default. */
  readonly quality: number | null;
}

/** In pixels. */
export interface Radii {
  readonly across: number;
  readonly down: number;
}

/** The first frame as seen, without changes. */
export const UNCHANGED: Omit<Recipe, 'format' | 'quality'> = {
  page: 0,
  crop: null,
  rotate: 0,
  flip: 'none',
  scaled: null,
  window: null,
  pixelate: null,
  colors: null,
  canvas: null,
  background: null,
  blur: null,
  sharpen: null,
  radius: null,
};
