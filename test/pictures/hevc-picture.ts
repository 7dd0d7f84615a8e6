import type { Size } from './size.ts';

export type Chroma = '4:0:0' | '4:2:0' | '4:2:2' | '4:4:4';

/** The code points of ITU-T H.273, as in a `colr` box of type `nclx`. */
export interface Nclx {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: 0 | 1 | 5 | 6 | 9;
  readonly isFullRange: boolean;
}

export interface HevcPicture extends Size {
  readonly chroma: Chroma;
  readonly bitDepth: 8 | 10;
  /** Y, Cb and Cr, without padding between the rows; Y alone for 4:0:0. A chroma plane's size is rounded up. */
  readonly planes: readonly (Uint8Array | Uint16Array)[];
  /** The number of slices, each in its own NAL unit; at most one per coding tree block. */
  readonly slices?: number;
  /** In the VUI; decoders infer limited range without it (E.3.1). */
  readonly vui?: Nclx | null;
}

/** `SubWidthC` and `SubHeightC` (H.265, table 6-1). */
const FORMATS = {
  '4:0:0': { idc: 0, across: 1, down: 1 },
  '4:2:0': { idc: 1, across: 2, down: 2 },
  '4:2:2': { idc: 2, across: 2, down: 1 },
  '4:4:4': { idc: 3, across: 1, down: 1 },
} as const satisfies Record<Chroma, object>;

/** `idc` is `chroma_format_idc`; `across` and `down` are the luma samples of one chroma sample. */
export const chromaFormat = (chroma: Chroma): (typeof FORMATS)[Chroma] => FORMATS[chroma];

/** The size that a decoder puts out: the conformance window's sides are whole chroma samples (7.4.3.2.1). */
export function outputSize({ width, height, chroma }: Size & { readonly chroma: Chroma }): Size {
  const { across, down } = FORMATS[chroma];
  return { width: Math.ceil(width / across) * across, height: Math.ceil(height / down) * down };
}

export interface Layout {
  /** The logarithm of the size of a coding tree block. */
  readonly log2Block: number;
  readonly columns: number;
  readonly rows: number;
}

/** Level 4.1 allows blocks of 16; levels from 5 on require 32 (A.4.1), which is also the most that I_PCM allows. */
export function layoutOf(size: Size): Layout {
  const log2Block = isLevel41(size) ? 4 : 5;
  const blocks = (length: number): number => Math.ceil(length / 2 ** log2Block);
  return { log2Block, columns: blocks(size.width), rows: blocks(size.height) };
}

/** The limits on the luma samples of a picture and, derived from them, on its sides (A.4.1). */
export const isLevel41 = ({ width, height }: Size): boolean =>
  width * height <= 2_228_224 && Math.max(width, height) <= 4_222;
