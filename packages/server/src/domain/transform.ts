/** What is asked of an image, as its parameters say it (transform-parameters.ts): lengths in pixels before `dpr`. */
export interface Transform {
  readonly width: number | null;
  readonly height: number | null;
  readonly fit: Fit;
  readonly position: Position;
  /** Taken out of the picture as seen, before anything else. */
  readonly crop: Region | null;
  /** Degrees clockwise. */
  readonly rotate: Rotation;
  readonly flip: Flip;
  readonly format: Format;
  /** 1 to 100; null: the format's own default. */
  readonly quality: number | null;
  /** Multiplies width and height. */
  readonly dpr: number;
  /** Standard deviation of a Gaussian, in pixels of the result; null: none. */
  readonly blur: number | null;
  readonly sharpen: number | null;
  /** Lower-case hex, `rrggbb` or `rrggbbaa`; null: transparent where the format can, else white. */
  readonly background: string | null;
  /** The frame of an animation to make a still of, from 0; null: all of them where the format can, else the first. */
  readonly page: number | null;
}

/** Never larger than the source. `inside`: whole, within the box; `cover`: fills the box's shape, cut; `pad`: whole, on a canvas of the box's size. */
export type Fit = 'inside' | 'cover' | 'pad';

/** What `cover` keeps, and where `pad` puts the picture: a point as fractions of width and height, or where libvips finds something to see. */
export type Position = 'attention' | 'entropy' | { readonly x: number; readonly y: number };

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Region extends Size {
  readonly left: number;
  readonly top: number;
}

export type Rotation = 0 | 90 | 180 | 270;
export type Flip = 'none' | 'horizontal' | 'vertical' | 'both';

/** `auto`: what the client accepts, by its Accept header. */
export type Format = 'auto' | OutputFormat;
export type OutputFormat = 'jpeg' | 'png' | 'webp' | 'avif';

/** Of width and height of a result, in pixels. */
export const MAX_RESULT_SIDE = 4_096;
