/**
 * A requested transform, as its parameters describe it (transform-parameters.ts). Lengths are in pixels before `dpr`.
 */
export interface Transform extends Colors {
  readonly width: number | null;
  readonly height: number | null;
  readonly fit: Fit;
  readonly position: Position;
  /** The region of the image, as seen, that is cropped before any other step. */
  readonly crop: Region | null;
  /** Degrees clockwise. */
  readonly rotate: Rotation;
  readonly flip: Flip;
  readonly format: Format;
  /** 1 to 100; null: the format's own default. */
  readonly quality: number | null;
  /** Multiplies width, height and padding. */
  readonly dpr: number;
  /** Standard deviation of a Gaussian, in pixels of the result; null: none. */
  readonly blur: number | null;
  readonly sharpen: number | null;
  /** Lower-case hex, `rrggbb` or `rrggbbaa`; null: transparent if the format allows it, else white. */
  readonly background: string | null;
  /** The frame of an animation for a still image, from 0; null: all frames if the format allows it, else the first. */
  readonly page: number | null;
  /** Added around the result. */
  readonly padding: Padding;
  /** The result may be larger than the source. */
  readonly enlarge: boolean;
  /** Side of the squares, in pixels of the result; null: none. */
  readonly pixelate: number | null;
  /** The radius of the corners, in pixels before `dpr`; `circle`: half of both sides; null: square corners. */
  readonly radius: number | 'circle' | null;
}

/** Changes of color, which leave alpha as it is. */
export interface Colors {
  /** -100 to 100, as `contrast` and `saturation`; 0: unchanged. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly gray: boolean;
  /** Lower-case hex, `rrggbb`; null: none. */
  readonly tint: string | null;
}

/**
 * Never larger than the source, unless `enlarge` is set. `inside`: whole, within the box; `cover`: fills the box's
 * shape, cropped; `pad`: whole, on a canvas of the box's size.
 */
export type Fit = 'inside' | 'cover' | 'pad';

/**
 * The part that `cover` keeps, and the place where `pad` puts the image: a point as fractions of width and height, the
 * image's focal point, or a choice by libvips.
 */
export type Position = 'focal' | FixedPosition;

/** A position that doesn't depend on the image's record. */
export type FixedPosition = 'attention' | 'entropy' | { readonly x: number; readonly y: number };

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Region extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Padding {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export type Rotation = 0 | 90 | 180 | 270;
export type Flip = 'none' | 'horizontal' | 'vertical' | 'both';

/** `auto`: the best format that the Accept header allows. */
export type Format = 'auto' | OutputFormat;
export type OutputFormat = 'jpeg' | 'png' | 'webp' | 'avif';

/** Width and height of a result, in pixels. */
export const MAX_RESULT_SIDE = 4_096;
