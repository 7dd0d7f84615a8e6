import type { ImageFilter, ReadyFilter } from '../../../../domain/image/image-filter.ts';
import { isByCapture, isOfAlbum, type ListOrder } from '../../../../domain/lists/list-position.ts';
import {
  albumRowsPartition,
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

export function planOf(query: Listed, shards: number): Plan {
  if (isOfAlbum(query.order)) return albumPlan(query, query.order === 'added' ? BY_SHARD : BY_OWNER);
  return isByCapture(query.order) ? capturePlan(query) : uploadPlan(query, shards);
}

/** An album's own orders, without another filter: each is an index of its rows. */
function albumPlan(filter: ImageFilter, index: IndexDefinition): Plan {
  const plan = uploadPlan(filter, 0);
  if (filter.album === undefined || plan.length !== 1 || plan[0]?.length !== 1)
    throw new Error('expected all images of an album in its own orders; got another list');
  return plan.map((partitions) => partitions.map(({ value }) => ({ index, value })));
}

/** One owner's ready images by type, tags and album, whose rows are in one index. */
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
  const ofOwner = [...albumPartitions(filter), ...metadataPartitions(filter)];
  if (tags.length === 0 && contentType === undefined) return ofOwner.length > 0 ? [ofOwner] : plainPlan(filter, shards);
  return scopesOf(filter, shards).flatMap((scope) => {
    const ofType = contentType === undefined ? [] : [facet(typePartition(scope, contentType))];
    const ofTags = tags.map((tag) => facet(tagPartition(scope, tag)));
    return filter.tagMode === 'all' || tags.length === 0
      ? [[...ofTags, ...ofType, ...ofOwner]]
      : ofTags.map((ofTag) => [ofTag, ...ofType, ...ofOwner]);
  });
}

function albumPartitions({ userId, album }: ImageFilter): Partition[] {
  if (album === undefined) return [];
  if (userId === undefined) throw new Error('expected an owner with an album; got none');
  return [facet(albumRowsPartition(userId, album))];
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
