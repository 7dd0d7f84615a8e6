import type { Size } from '../../../../domain/rendition/transform.ts';
import type { Transformation } from './heic-transformations.ts';

export type Chroma = 'mono' | '420' | '422' | '444';

/** ITU-T H.273. */
export interface Nclx {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly isFullRange: boolean;
}

/** PQ and HLG (table 3), which are mapped to what a screen shows, unless there is a profile. */
export const isHighRange = ({ transfer }: Nclx): boolean => transfer === 16 || transfer === 18;

export interface HeicGrid {
  readonly columns: number;
  readonly rows: number;
  /** Item ids, row by row; each is an HEVC picture without transformations. */
  readonly tiles: readonly number[];
  /** The last column and row may reach beyond the size of the grid. */
  readonly tileSize: Size;
}

/** Items that are decoded to one array of samples. */
export type HeicSource = {
  /** Before all transformations. */
  readonly size: Size;
  /** The bit depth. For `other`, that of the first picture in it. */
  readonly bitDepth: 8 | 10;
  readonly chroma: Chroma;
} & (
  | { readonly kind: 'single'; readonly item: number; readonly grid?: never }
  | { readonly kind: 'grid'; readonly grid: HeicGrid }
  /** `iden` or `iovl`, which libheif decodes as a whole. */
  | { readonly kind: 'other'; readonly item: number; readonly grid?: never }
);

/** The picture that a decoder shows: every item in it has been walked. */
export type HeicPicture = HeicSource & {
  readonly primary: number;
  /**
   * The alpha picture, of the same size. A grid's alpha may be an item or one item for each tile: both are a grid here.
   * The alpha of `other` is its own, or that of the first picture in it that has some.
   */
  readonly alpha: HeicSource | null;
  readonly isPremultiplied: boolean;
  /** Transformations of the primary item, in their order; those of its alpha are equal. */
  readonly transformations: readonly Transformation[];
  /** The ICC profile of the primary item, else of its first tile. */
  readonly icc: Buffer | null;
  /**
   * The color description in the `colr` box of the primary item, else of its first tile; else in the VUI of the
   * parameter sets.
   */
  readonly nclx: Nclx | null;
};
