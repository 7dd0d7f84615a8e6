import type { Block, Gap } from '../library/library.ts';
import type { BlockLayout, Edges } from './block-layout.ts';

export interface PlacedBlock {
  readonly kind: 'block';
  readonly segment: Block;
  readonly top: number;
  readonly height: number;
  /** undefined: dropped; the height is the one that it had. */
  readonly layout: BlockLayout | undefined;
  readonly edges: Edges;
}

export interface PlacedGap {
  readonly kind: 'gap';
  readonly segment: Gap;
  readonly top: number;
  /** Estimated. */
  readonly height: number;
  /** Milliseconds: what may be in it has a time between these. */
  readonly newest: number;
  readonly oldest: number;
}

export type Placed = PlacedBlock | PlacedGap;
