import type { Rejection } from '../../../domain/image/image.ts';
import type { Size } from '../../../domain/rendition/transform.ts';
import type { Limits } from '../../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { readPictures } from './heic-items.ts';
import { HeicRejected } from './heic-rejection.ts';
import type { Transformation } from './heic-transformations.ts';
import { findMeta, HEIC_FILE, readAll, refuseExtents } from './heif-file.ts';
import { readMeta, UnsoundMeta } from './heif-meta.ts';
import { unsound } from './rejection.ts';

export type Chroma = 'mono' | '420' | '422' | '444';

/** ITU-T H.273. */
export interface Nclx {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly isFullRange: boolean;
}

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
  /** Of `other`: those of the first picture in it. */
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
   * Of the same size. A grid's alpha may be an item or one item for each tile: both are a grid here. Of `other`: its own, or that
   * of the first picture in it that has some.
   */
  readonly alpha: HeicSource | null;
  readonly isPremultiplied: boolean;
  /** Of the primary item, in their order; those of its alpha are equal. */
  readonly transformations: readonly Transformation[];
  /** Of the primary item, else of its first tile. */
  readonly icc: Buffer | null;
  /** Of the `colr` box of the primary item, else of its first tile; else of the VUI of the parameter sets. */
  readonly nclx: Nclx | null;
};

/**
 * libheif reads at most 1,000 items and 101 properties. A 48 MP grid has 192 tiles and as many of alpha or a gain map; a burst has
 * some hundred pictures, each with its own `hvcC` box and a thumbnail.
 */
const BOUNDS = { maxItems: 1_000, maxProperties: 2_000, maxExtents: 32, maxAssociations: 10_000 } as const;

/** Walks the items that a decoder decodes for the primary picture. Throws the system's error if the file can't be read. */
export function readHeicPicture(file: ByteWindow, limits: Limits): HeicPicture | Rejection {
  const found = findMeta(file, limits, HEIC_FILE);
  if ('detail' in found) return found;
  try {
    const meta = readMeta(readAll(file, found), BOUNDS);
    return refuseExtents(file, meta, HEIC_FILE) ?? readPictures(file, meta, limits);
  } catch (error) {
    if (error instanceof HeicRejected) return error.rejection;
    if (error instanceof UnsoundMeta) return unsound(`expected a HEIC with ${error.message}`);
    throw error;
  }
}
