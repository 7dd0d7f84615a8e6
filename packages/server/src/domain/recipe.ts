import type { Flip, OutputFormat, Region, Rotation, Size } from './transform.ts';

/**
 * Exactly what is to be made of one image: every number decided, so that equal recipes make equal pictures. The steps come
 * in this order, on the picture as seen (after EXIF orientation).
 */
export interface Recipe {
  /** The one frame it is made of, from 0; null: all of them. */
  readonly page: number | null;
  readonly crop: Region | null;
  readonly rotate: Rotation;
  readonly flip: Flip;
  /** What is left of the picture is scaled to exactly this; null: `window` finds its own scale. */
  readonly scaled: Size | null;
  /** Cut out of that: at a place, or where there is something to see (then the scale is the least that covers it). */
  readonly window: Region | (Size & { readonly find: 'attention' | 'entropy' }) | null;
  /** A canvas larger than that, and where on it the picture lies. */
  readonly canvas: Region | null;
  /** Lower-case hex, `rrggbb` or `rrggbbaa`, under all that is transparent; null: transparent where the format can, else white. */
  readonly background: string | null;
  readonly blur: number | null;
  readonly sharpen: number | null;
  /** `plain`: PNG of a PNG or GIF, or where something is transparent; else JPEG. */
  readonly format: OutputFormat | 'plain';
  /** 1 to 100; null for the format's default. */
  readonly quality: number | null;
}
