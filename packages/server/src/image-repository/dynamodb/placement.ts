import type { ImageId } from '../../domain/image-id.ts';

/** Where an image's items are: decided when it is written, kept on the record, and never again computed. */
export interface Placement {
  /** Of lists over all owners, from creation on. */
  readonly shard: number;
  /** Whether facets for lists over all owners exist, once it is ready. */
  readonly hasGlobalFacets: boolean;
}

export interface PlacementRule {
  /** How many shards new images are spread over. */
  readonly writtenShards: number;
  readonly globalLists: boolean;
}

/** Where a new image goes; of one that exists, most likely where it went. */
export const placementOf = (id: ImageId, { writtenShards, globalLists }: PlacementRule): Placement => ({
  shard: shardOf(id, writtenShards),
  hasGlobalFacets: globalLists,
});

export const isSamePlacement = (one: Placement, other: Placement): boolean =>
  one.shard === other.shard && one.hasGlobalFacets === other.hasGlobalFacets;

/** The last 32 bits of a UUIDv7 are random (RFC 9562 5.7): they are their own hash. */
const shardOf = (id: ImageId, shards: number): number => Number.parseInt(id.slice(-8), 16) % shards;
