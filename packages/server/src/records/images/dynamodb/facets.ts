import type { Image } from '../../../domain/image/image.ts';
import { filterRowsOf } from '../../../domain/metadata/metadata-filters.ts';
import {
  type FacetScope,
  type ItemKey,
  metadataPartition,
  tagPartition,
  typePartition,
} from '../../dynamodb/item-keys.ts';
import type { Placement } from '../../dynamodb/placement.ts';

/**
 * The rows by which a ready image is found: one for its type and one for each tag, for its owner and for all owners;
 * one for each filter by metadata, for its owner.
 */
export function facetsOf(image: Image, { shard, hasGlobalFacets }: Placement): ItemKey[] {
  if (image.status !== 'ready') return [];
  const scopes: FacetScope[] = [{ userId: image.userId }, ...(hasGlobalFacets ? [{ shard }] : [])];
  const partitions = scopes.flatMap((scope) => [
    typePartition(scope, image.contentType),
    ...image.tags.map((tag) => tagPartition(scope, tag)),
  ]);
  const ofMetadata = filterRowsOf(image).map((row) => metadataPartition(image.userId, row));
  return [...partitions, ...ofMetadata].map((pk) => ({ pk, sk: image.id }));
}

export interface FacetChanges {
  readonly added: readonly ItemKey[];
  readonly removed: readonly ItemKey[];
}

/** The changes of facets in a transition. */
export function facetChanges(from: Image, to: Image, placement: Placement): FacetChanges {
  const [before, after] = [facetsOf(from, placement), facetsOf(to, placement)];
  const without = (keys: readonly ItemKey[], others: readonly ItemKey[]): ItemKey[] => {
    const partitions = new Set(others.map(({ pk }) => pk));
    return keys.filter(({ pk }) => !partitions.has(pk));
  };
  return { added: without(after, before), removed: without(before, after) };
}
