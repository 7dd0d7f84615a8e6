import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { KeyId } from '../../domain/access/api-key-text.ts';
import type { AlbumId } from '../../domain/album/album-id.ts';
import type { ImageEvent } from '../../domain/event/image-event.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import type { Image, Status } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { Lane } from '../../domain/image/lane.ts';
import type { Month } from '../../domain/lists/months.ts';
import type { MetadataFilter } from '../../domain/metadata/metadata-filters.ts';
import type { Erasure } from '../../domain/user/erasure.ts';
import type { Bookmark } from '../coordination/coordination.ts';

/** The key of an item in the table. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export const attributesOfKey = ({ pk, sk }: ItemKey): Record<'pk' | 'sk', AttributeValue> => ({
  pk: { S: pk },
  sk: { S: sk },
});

/** Escapes the separator in a part. Other characters are unchanged, so that no key exceeds 2,048 bytes. */
const part = (text: string): string => text.replaceAll('%', '%25').replaceAll('#', '%23');

const unescaped = (text: string): string => text.replaceAll('%23', '#').replaceAll('%25', '%');

const IMAGE = 'I#';

export const imageKey = (id: ImageId): ItemKey => ({ pk: `${IMAGE}${id}`, sk: 'I' });
/** The id in an image's partition key. */
export const imageIdOf = (pk: string): ImageId => pk.slice(IMAGE.length) as ImageId;

export const keyUseKey = (userId: string, key: string): ItemKey => ({ pk: `K#${part(userId)}#${part(key)}`, sk: 'K' });
/** The image that has this id of its client. */
export const externalIdKey = (userId: string, externalId: string): ItemKey => ({
  pk: `D#${part(userId)}#${part(externalId)}`,
  sk: 'D',
});
/** The image that had this id in an earlier service. */
export const formerIdKey = (formerId: string): ItemKey => ({ pk: `${FORMER_IDS}${formerId}`, sk: 'DF' });
export const FORMER_IDS = 'DF#';
/** What an image's picture says that isn't in its record. */
export const detailsKey = ({ userId, id }: Pick<Image, 'userId' | 'id'>): ItemKey => ({
  pk: `Y#${part(userId)}#${id}`,
  sk: 'Y',
});
/** How the partition keys of a user's items begin that no record leads to. */
export const prefixesOfUser = (userId: string) => ({
  keyUses: `K#${part(userId)}#`,
  externalIds: `D#${part(userId)}#`,
  details: `Y#${part(userId)}#`,
  months: `J#${part(userId)}#`,
  revocations: `X#${part(userId)}#`,
  facets: [`T#${part(userId)}#`, `C#${part(userId)}#`, `M#${part(userId)}#`],
  albumRows: `ZI#${part(userId)}#`,
  albumCounts: `ZC#${part(userId)}#`,
});
/**
 * A partition for each key, because unknown ids are read too: in one partition a stranger's would slow down everyone's.
 */
export const apiKeyKey = (id: KeyId): ItemKey => ({ pk: `A#${id}`, sk: 'A' });
export const tokenUsesKey = (tokenId: string): ItemKey => ({ pk: `N#${part(tokenId)}`, sk: 'N' });
/** The token in a partition key of `tokenUsesKey`. */
export const tokenIdOf = (pk: string): string => unescaped(pk.slice('N#'.length));
/** The revocation of a user's view token; null: of all of them. */
export const viewRevocationKey = (userId: string, tokenId: string | null): ItemKey => ({
  pk: `X#${part(userId)}#${part(tokenId ?? '')}`,
  sk: 'X',
});
/** The revocation of a view token, whichever user it is for. */
export const tokenRevocationKey = (tokenId: string): ItemKey => ({ pk: `XT#${part(tokenId)}`, sk: 'X' });
/** The usage of an owner with limits, and the limits. */
export const usageKey = (userId: string): ItemKey => ({ pk: `Q#${part(userId)}`, sk: 'Q' });
/** The owner in a partition key of `usageKey`; undefined: it is one of `usageShardKey`. */
export function ownerOfUsage(pk: string): string | undefined {
  const [, owner, shard] = pk.split('#');
  return owner === undefined || shard !== undefined ? undefined : unescaped(owner);
}
/** A part of the usage of an owner without limits, so that its writes don't meet in one item. */
export const usageShardKey = (userId: string, shard: number): ItemKey => ({
  pk: `Q#${part(userId)}#${shard}`,
  sk: 'Q',
});
/** How many images of an owner were taken in which months: one of several parts, so that its writes don't meet. */
export const monthsPartition = (userId: string, shard: number): string => `J#${part(userId)}#${shard}`;
const GENERATION_DIGITS = 6;
/** Sorts before all months of the generation, and after those of earlier ones. */
export const generationSort = (generation: number): string => `${String(generation).padStart(GENERATION_DIGITS, '0')}#`;
export const monthSort = (generation: number, month: Month): string => `${generationSort(generation)}${month}`;
export const monthOfSort = (sk: string): Month => sk.slice(GENERATION_DIGITS + '#'.length) as Month;
/** Lists an owner with usage or limits. Written once, so that lists don't slow down what changes the usage. */
export const ownerKey = (userId: string): ItemKey => ({ pk: `O#${part(userId)}`, sk: 'O' });
/** An item that lists an owner, in `BY_SHARD` by user id. */
export const ownerItem = (userId: string): Record<string, AttributeValue> => ({
  ...attributesOfKey(ownerKey(userId)),
  g2p: { S: OWNERS },
  g2s: { S: userId },
});
export const OWNERS = 'O';
export const leaseKey = (name: string): ItemKey => ({ pk: `L#${name}`, sk: 'L' });
/** Per process: an item written by a whole fleet would be a hot key. */
export const checkKey = (process: string): ItemKey => ({ pk: `S#check#${process}`, sk: 'S' });
export const sharedKey = (name: 'form' | 'secret' | 'shards' | 'usage' | 'events' | 'capture' | Bookmark): ItemKey => ({
  pk: `S#${name}`,
  sk: 'S',
});

/** Entries of the log of events that no mover has published yet, by shard of the log: by image and revision. */
export const outboxPartition = (shard: number): string => `VX#${shard}`;
export const outboxKey = (shard: number, { imageId, revision }: Pick<ImageEvent, 'imageId' | 'revision'>): ItemKey => ({
  pk: outboxPartition(shard),
  sk: `${imageId}#${String(revision).padStart(NUMBER_DIGITS, '0')}`,
});
/** Sorts after all entries of the image. */
export const outboxEnd = (imageId: ImageId): string => `${imageId}#~`;

/** The log of events, by shard of the log: by sequence. */
export const eventsPartition = (shard: number): string => `VL#${shard}`;
export const eventSort = (sequence: number): string => String(sequence).padStart(NUMBER_DIGITS, '0');
export const eventKey = (shard: number, sequence: number): ItemKey => ({
  pk: eventsPartition(shard),
  sk: eventSort(sequence),
});
/** The events of one owner: by shard of the log, then by sequence. */
export const ownEventsPartition = (userId: string): string => `VU#${part(userId)}`;
export const ownEventSort = (shard: number, sequence: number): string => `${shard}#${eventSort(sequence)}`;

/**
 * The partition of erasures, with its sort keys, or their beginnings: a few small items, but for those with the ids of
 * images.
 */
export const ERASURES = {
  partition: 'E#',
  key: 'key',
  blocks: 'block#',
  deletions: 'deletion#',
  parts: 'erasure#',
} as const;
export const erasureKey = ({ userHash, id }: Pick<Erasure, 'userHash' | 'id'>): ItemKey => ({
  pk: ERASURES.partition,
  sk: `${ERASURES.parts}${userHash}#${id}`,
});

/** The partition of webhooks, with its sort keys, or their beginnings: a few small items. */
export const WEBHOOKS = { partition: 'B#', count: 'count', webhooks: 'webhook#', removed: 'removed#' } as const;
export const webhookKey = (id: string): ItemKey => ({ pk: WEBHOOKS.partition, sk: `${WEBHOOKS.webhooks}${id}` });
/** Counts the webhooks for a prefix of users. */
export const webhookCountKey = (userPrefix: string): ItemKey => ({
  pk: WEBHOOKS.partition,
  sk: `${WEBHOOKS.count}#${userPrefix}`,
});
export const removedWebhookKey = (id: string): ItemKey => ({ pk: WEBHOOKS.partition, sk: `${WEBHOOKS.removed}${id}` });

/** Sort-key prefixes of a webhook's finished deliveries: by the time of the event, and by its id. */
export const FINISHED = { byTime: 'at#', byEvent: 'id#' } as const;
const SHARD_DIGITS = 3;
export const unfinishedPartition = (webhookId: string): string => `BD#${webhookId}`;
export const finishedPartition = (webhookId: string): string => `BF#${webhookId}`;
/** In the order of the log, so of each image's revisions. */
export const unfinishedKey = (webhookId: string, { shard, sequence }: LoggedEvent): ItemKey => ({
  pk: unfinishedPartition(webhookId),
  sk: `${String(shard).padStart(SHARD_DIGITS, '0')}#${String(sequence).padStart(TIME_DIGITS, '0')}`,
});
export const finishedSort = (at: Date, eventId: string): string => `${FINISHED.byTime}${digitsOf(at)}#${eventId}`;
export const finishedEventKey = (webhookId: string, eventId: string): ItemKey => ({
  pk: finishedPartition(webhookId),
  sk: `${FINISHED.byEvent}${eventId}`,
});

export const ALBUMS = 'Z#';
export const albumKey = (id: AlbumId): ItemKey => ({ pk: `${ALBUMS}${id}`, sk: 'Z' });
/** In `BY_OWNER`. */
export const albumsOfPartition = (userId: string): string => `${ALBUMS}${part(userId)}`;
/** In `BY_SHARD`: a few at any time. */
export const deletingAlbumsPartition = (): string => 'ZD';
/** The ready images of an album. */
export const albumRowsPartition = (userId: string, albumId: AlbumId): string => `ZI#${part(userId)}#${albumId}`;
/** The counters of an album's rows. */
export const albumCountsPartition = (userId: string, albumId: AlbumId): string => `ZC#${part(userId)}#${albumId}`;
/** The partition of the counters of an album with rows in `pk`; undefined: it has no rows of an album. */
export const countsOfAlbumRows = (pk: string): string | undefined =>
  pk.startsWith('ZI#') ? `ZC#${pk.slice('ZI#'.length)}` : undefined;

/** In `BY_SHARD`: created and changed by admins, so one partition suffices. */
export const apiKeysPartition = (): string => 'A';
/** In `BY_OWNER`. */
export const apiKeysOfPartition = (owner: string): string => `A#${part(owner)}`;

export const ownerPartition = (userId: string, status: Exclude<Status, 'deleted'>): string =>
  status === 'ready' ? `U#${part(userId)}` : `U#${part(userId)}#${status}`;

/** The statuses with lists over all owners. */
export const SHARDED_STATUSES = ['ready', 'pending', 'held', 'rejected'] as const satisfies readonly Status[];
export type ShardedStatus = (typeof SHARDED_STATUSES)[number];

const SHARD_LETTERS = { ready: 'F', pending: 'P', held: 'H', rejected: 'R' } as const satisfies Record<
  ShardedStatus,
  string
>;

export const isSharded = (status: Status): status is ShardedStatus =>
  (SHARDED_STATUSES as readonly Status[]).includes(status);

export const shardPartition = (shard: number, status: ShardedStatus): string => `${SHARD_LETTERS[status]}#${shard}`;

/** Versions without lanes know only the first one, and put everything there. */
export const duePartition = (shard: number, lane: Lane): string =>
  lane === 'recovery' ? `W#${shard}` : `W#${shard}#${lane}`;

/** The digits of any safe integer. */
const NUMBER_DIGITS = 16;

/** Milliseconds of any year that a Date supports, as sortable digits. */
const TIME_DIGITS = 16;
const digitsOf = (time: Date): string => String(time.getTime()).padStart(TIME_DIGITS, '0');

export const dueSort = (dueAt: Date, id: ImageId): string => `${digitsOf(dueAt)}#${id}`;
/** Sorts after everything due by `now`, and before everything due later. */
export const dueUntil = (now: Date): string => `${digitsOf(now)}#~`;

/** The scope of a facet: one owner's images, or those of all owners in one shard. */
export type FacetScope = { readonly userId: string } | { readonly shard: number };

export const tagPartition = (scope: FacetScope, tag: string): string => facetPartition('T', scope, tag);
export const typePartition = (scope: FacetScope, contentType: string): string =>
  facetPartition('C', scope, contentType);

/** A facet of one owner: there are none of all owners. */
export const metadataPartition = (userId: string, { name, value }: MetadataFilter): string =>
  `M#${part(userId)}#${part(name)}#${part(value)}`;

const facetPartition = (letter: 'T' | 'C', scope: FacetScope, value: string): string =>
  'userId' in scope ? `${letter}#${part(scope.userId)}#${part(value)}` : `G${letter}#${part(value)}#${scope.shard}`;
