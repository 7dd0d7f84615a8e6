import type { ImageFilter, ReadyFilter } from '../../../../domain/image/image-filter.ts';
import { isByCapture, type ListOrder } from '../../../../domain/lists/list-position.ts';
import {
  type FacetScope,
  isSharded,
  metadataPartition,
  ownerPartition,
  shardPartition,
  tagPartition,
  typePartition,
} from '../../../dynamodb/item-keys.ts';
import { BY_CAPTURE, BY_OWNER, BY_SHARD, type IndexDefinition } from '../../../dynamodb/schema.ts';

/** A partition of a list: rows of images or facets in an index, or facets alone, sorted by position. */
export interface Partition {
  readonly index: IndexDefinition | null;
  readonly value: string;
}

/** A list is the union of such intersections; most have one partition. */
export type Plan = readonly (readonly Partition[])[];

type Listed = ImageFilter & { readonly order: ListOrder };

export const planOf = (query: Listed, shards: number): Plan =>
  isByCapture(query.order) ? capturePlan(query) : uploadPlan(query, shards);

/** One owner's ready images by type and tags, whose rows are in one index. */
function capturePlan(filter: ImageFilter): Plan {
  if (filter.status !== 'ready' || filter.userId === undefined || filter.words !== undefined || filter.metadata?.length)
    throw new Error("expected an owner's ready images by type and tags, by capture; got another list");
  return uploadPlan(filter, 0).map((partitions) => partitions.map(({ value }) => ({ index: BY_CAPTURE, value })));
}

function uploadPlan(filter: ImageFilter, shards: number): Plan {
  if (filter.status !== 'ready') return plainPlan(filter, shards);
  if (filter.words !== undefined || filter.visibility !== undefined)
    throw new Error('expected a list without words and visibility; got one with them');
  const tags = [...new Set(filter.tags)];
  const { contentType } = filter;
  const ofMetadata = metadataPartitions(filter);
  if (tags.length === 0 && contentType === undefined)
    return ofMetadata.length > 0 ? [ofMetadata] : plainPlan(filter, shards);
  return scopesOf(filter, shards).flatMap((scope) => {
    const ofType = contentType === undefined ? [] : [facet(typePartition(scope, contentType))];
    const ofTags = tags.map((tag) => facet(tagPartition(scope, tag)));
    return filter.tagMode === 'all' || tags.length === 0
      ? [[...ofTags, ...ofType, ...ofMetadata]]
      : ofTags.map((ofTag) => [ofTag, ...ofType, ...ofMetadata]);
  });
}

function metadataPartitions({ userId, metadata = [] }: ReadyFilter): Partition[] {
  return metadata.map((filter) => {
    if (userId === undefined) throw new Error('expected an owner with a filter by metadata; got none');
    return facet(metadataPartition(userId, filter));
  });
}

function plainPlan({ status, userId }: ImageFilter, shards: number): Plan {
  if (userId !== undefined) return [[{ index: BY_OWNER, value: ownerPartition(userId, status) }]];
  if (!isSharded(status)) throw new Error(`expected an owner's ${status} images; got all`);
  return numbers(shards).map((shard) => [{ index: BY_SHARD, value: shardPartition(shard, status) }]);
}

const scopesOf = ({ userId }: ReadyFilter, shards: number): FacetScope[] =>
  userId === undefined ? numbers(shards).map((shard) => ({ shard })) : [{ userId }];

const facet = (value: string): Partition => ({ index: null, value });

const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
