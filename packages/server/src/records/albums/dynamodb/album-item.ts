import type { Album } from '../../../domain/album/album.ts';
import { integer, text } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import {
  ALBUMS,
  albumKey,
  albumsOfPartition,
  attributesOfKey,
  deletingAlbumsPartition,
} from '../../dynamodb/item-keys.ts';
import { BY_OWNER, BY_SHARD, TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import { isNewer, newerRecord, VERSIONED } from '../../dynamodb/schema-version.ts';
import { fromStoredAlbum, type StoredAlbum, toStoredAlbum } from '../stored-album.ts';

/** Every attribute of an album in this version, except its key. */
export const ALBUM_ATTRIBUTES = [
  ...[BY_OWNER.partition, BY_OWNER.sort, BY_SHARD.partition, BY_SHARD.sort],
  ...[TTL_ATTRIBUTE, 'schemaVersion', 'writeId', 'userId', 'version', 'album'],
] as const;

/** `writeId`: random per write, so that a writer that lost the answer recognizes its own write. */
export function albumItem(album: Album, writeId: string): Item {
  const stored = toStoredAlbum(album);
  return {
    ...attributesOfKey(albumKey(album.id)),
    ...VERSIONED,
    ...inLists(stored),
    ...(stored.forgetAt !== null && { [TTL_ATTRIBUTE]: { N: String(Math.ceil(stored.forgetAt / 1000)) } }),
    writeId: { S: writeId },
    userId: { S: stored.userId },
    version: { N: String(stored.version) },
    album: { S: stored.album },
  };
}

function inLists({ id, userId, state }: StoredAlbum): Item {
  if (state === 'shown') return { [BY_OWNER.partition]: { S: albumsOfPartition(userId) }, [BY_OWNER.sort]: { S: id } };
  if (state === 'deleting')
    return { [BY_SHARD.partition]: { S: deletingAlbumsPartition() }, [BY_SHARD.sort]: { S: id } };
  return {};
}

/** Errors: `unavailable` for a newer version's record; TypeError. */
export function albumIn(item: Item): Album {
  if (isNewer(item)) throw newerRecord(item);
  return fromStoredAlbum({
    id: albumIdIn(item),
    userId: text(item, 'userId'),
    version: integer(item, 'version'),
    album: text(item, 'album'),
  });
}

/** The id of an item, whether or not the record is readable. */
export const albumIdIn = (item: Item): string => text(item, 'pk').slice(ALBUMS.length);
