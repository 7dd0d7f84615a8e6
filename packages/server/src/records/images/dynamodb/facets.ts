import type { Image } from '../../../domain/image/image.ts';
import { capturePositionOf, type ListPosition } from '../../../domain/lists/list-position.ts';
import { filterRowsOf } from '../../../domain/metadata/metadata-filters.ts';
import type { Item } from '../../dynamodb/item.ts';
import {
  attributesOfKey,
  type FacetScope,
  type ItemKey,
  metadataPartition,
  tagPartition,
  typePartition,
} from '../../dynamodb/item-keys.ts';
import type { Placement } from '../../dynamodb/placement.ts';

export interface Facet extends ItemKey {
  /** Its place in lists by capture; absent: it is in none. */
  readonly place?: ListPosition;
}

/**
 * The rows by which a ready image is found: one for its type and one for each tag, for its owner and for all owners;
 * one for each filter by metadata, for its owner. Lists by capture have the first ones of its owner.
 */
export function facetsOf(image: Image, { shard, hasGlobalFacets }: Placement): Facet[] {
  if (image.status !== 'ready') return [];
  const [place, sk] = [capturePositionOf(image), image.id];
  const partitions = (scope: FacetScope): string[] => [
    typePartition(scope, image.contentType),
    ...image.tags.map((tag) => tagPartition(scope, tag)),
  ];
  const ofAll = hasGlobalFacets ? partitions({ shard }) : [];
  const ofMetadata = filterRowsOf(image).map((row) => metadataPartition(image.userId, row));
  return [
    ...partitions({ userId: image.userId }).map((pk) => ({ pk, sk, place })),
    ...[...ofAll, ...ofMetadata].map((pk) => ({ pk, sk })),
  ];
}

export const itemOfFacet = (facet: Facet): Item => ({
  ...attributesOfKey(facet),
  ...(facet.place !== undefined && { g4p: { S: facet.pk }, g4s: { S: facet.place } }),
});

export interface FacetChanges {
  /** Also those with another place. */
  readonly put: readonly Facet[];
  readonly removed: readonly ItemKey[];
}

/** The changes of facets in a transition. `isPlaced`: those of `from` have their places. */
export function facetChanges(
  from: Image,
  to: Image,
  { placement, isPlaced }: { readonly placement: Placement; readonly isPlaced: boolean },
): FacetChanges {
  const [before, after] = [facetsOf(from, placement), facetsOf(to, placement)];
  const places = new Map(before.map(({ pk, place }) => [pk, isPlaced ? place : undefined]));
  const kept = new Set(after.map(({ pk }) => pk));
  return {
    put: after.filter(({ pk, place }) => !places.has(pk) || places.get(pk) !== place),
    removed: before.filter(({ pk }) => !kept.has(pk)),
  };
}
