import type { ImageEvent } from '../../../domain/event/image-event.ts';
import type { LoggedEvent } from '../../../domain/event/logged-event.ts';
import { createdAt, type ImageId, parseImageId } from '../../../domain/image/image-id.ts';
import { integer, optionalText, text, time } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import {
  attributesOfKey,
  eventKey,
  type ItemKey,
  outboxKey,
  ownEventSort,
  ownEventsPartition,
} from '../../dynamodb/item-keys.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import { eventIn, toStoredEvent } from '../stored-event.ts';

/** An entry of the outbox. `since`: when it was written; the event itself may be older, as that of a restored image. */
export const outboxItem = (shard: number, event: ImageEvent, since: Date): Item => ({
  ...attributesOfKey(outboxKey(shard, event)),
  ...attributesOf(event),
  since: { N: String(since.getTime()) },
});

/** When the image of an entry with an unreadable `since` was created; undefined: its key has no image either. */
export function sinceIn(item: Item): Date | undefined {
  try {
    return time(item, 'since');
  } catch {
    const [id = ''] = text(item, 'sk').split('#');
    const imageId = parseImageId(id);
    return imageId && createdAt(imageId);
  }
}

/** The entry that this item is, or was before it became a row. */
export const entryKeyOf = (item: Item, shard: number): ItemKey =>
  outboxKey(shard, { imageId: imageIdIn(item), revision: integer(item, 'revision') });

/** As it is stored, because a later version's event must not stop a mover. */
export const imageIdIn = (item: Item): ImageId => text(item, 'imageId') as ImageId;

/**
 * The row of an entry in the log. It has all attributes of the entry, also those that this version doesn't know.
 * Errors: TypeError for an entry without the attributes that its keys are made of: nothing could find it any more to
 * delete it.
 */
export function eventItem({ since: _, ...entry }: Item, { shard, sequence, expiresAt }: Place): Item {
  const row = {
    ...entry,
    ...attributesOfKey(eventKey(shard, sequence)),
    sequence: { N: String(sequence) },
    [TTL_ATTRIBUTE]: { N: String(Math.ceil(expiresAt.getTime() / 1000)) },
  };
  entryKeyOf(row, shard);
  ownKeyOf(row, shard);
  return row;
}

interface Place extends Pick<LoggedEvent, 'shard' | 'sequence'> {
  readonly expiresAt: Date;
}

/**
 * The row's copy among those of the event's owner. Erasing a user finds rows by these copies alone, and DynamoDB
 * removes items in any order, within a few days of their TTL: a copy must outlive its row.
 */
export const ownItemOf = (row: Item, shard: number): Item => ({
  ...row,
  ...attributesOfKey(ownKeyOf(row, shard)),
  [TTL_ATTRIBUTE]: { N: String(integer(row, TTL_ATTRIBUTE) + OUTLIVES_SECONDS) },
});

const OUTLIVES_SECONDS = 8 * 86_400;

export const ownKeyOf = (row: Item, shard: number): ItemKey => ({
  pk: ownEventsPartition(text(row, 'userId')),
  sk: ownEventSort(shard, integer(row, 'sequence')),
});

/** The row of an event of an erased user: it keeps the place, so that no mover numbers another event so. */
export const erasedItem = (key: ItemKey, row: Item): Item => {
  const ttl = row[TTL_ATTRIBUTE];
  return { ...attributesOfKey(key), ...(ttl && { [TTL_ATTRIBUTE]: ttl }) };
};

export const isErased = (row: Item): boolean => !('imageId' in row);

export const loggedIn = (row: Item, shard: number): LoggedEvent => ({
  ...imageEventIn(row),
  shard,
  sequence: integer(row, 'sequence'),
});

const imageEventIn = (item: Item): ImageEvent =>
  eventIn({
    type: text(item, 'type'),
    imageId: text(item, 'imageId'),
    userId: text(item, 'userId'),
    revision: integer(item, 'revision'),
    status: text(item, 'status'),
    code: optionalText(item, 'code'),
    changed: optionalText(item, 'changed') ?? '',
    at: integer(item, 'at'),
  });

function attributesOf(event: ImageEvent): Item {
  const { type, imageId, userId, revision, status, code, changed, at } = toStoredEvent(event);
  return {
    type: { S: type },
    imageId: { S: imageId },
    userId: { S: userId },
    revision: { N: String(revision) },
    status: { S: status },
    ...(code !== null && { code: { S: code } }),
    ...(changed !== '' && { changed: { S: changed } }),
    at: { N: String(at) },
  };
}
