import type { ImageId } from '../../domain/image/image-id.ts';
import { shardOf } from '../shard-of.ts';

/** The location of an image's items: decided at the write, stored on the record, and never recomputed. */
export interface Placement {
  /** The shard of lists over all owners, from creation on. */
  readonly shard: number;
  /** Whether facets for lists over all owners exist, once it is ready. */
  readonly hasGlobalFacets: boolean;
}

export interface PlacementRule {
  /** The number of shards that receive new images. */
  readonly writtenShards: number;
  readonly globalLists: boolean;
}

/** The placement of a new image, and a guess for an existing one. */
export const placementOf = (id: ImageId, { writtenShards, globalLists }: PlacementRule): Placement => ({
  shard: shardOf(id, writtenShards),
  hasGlobalFacets: globalLists,
});

export const isSamePlacement = (one: Placement, other: Placement): boolean =>
  one.shard === other.shard && one.hasGlobalFacets === other.hasGlobalFacets;
