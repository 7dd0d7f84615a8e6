import { isDeepStrictEqual } from 'node:util';
import { type AlbumMember, placeOf } from '../../../domain/album/album-member.ts';
import { listedAlbums, memberIn } from '../../../domain/album/membership.ts';
import type { Image } from '../../../domain/image/image.ts';
import { capturePositionOf, type ListPosition, placedAt } from '../../../domain/lists/list-position.ts';
import { albumCounterOf, countRow, NOT_CLOSED } from '../../albums/dynamodb/album-counts.ts';
import type { Item } from '../../dynamodb/item.ts';
import { albumRowsPartition, attributesOfKey } from '../../dynamodb/item-keys.ts';
import { BY_CAPTURE, BY_OWNER, BY_SHARD, type IndexDefinition } from '../../dynamodb/schema.ts';
import type { Write } from '../../dynamodb/table.ts';
import type { Facet } from './facets.ts';

/*
 * A ready image has a row for each album that it is in, and each row is counted (records/albums/dynamodb/
 * album-counts.ts). The record says itself that its rows exist: `albumsListed` is the revision at which they were
 * written. Each write has it in its condition. A process of an earlier version keeps `albums` and `albumsListed`, and
 * writes neither rows nor counts. So rows and counts exist for exactly the albums of a record with the attribute,
 * whatever its status; if the number isn't its revision, their places may be old. The next write corrects both.
 */

/** A facet that also stands in the album's own orders. */
interface AlbumRow extends Facet {
  readonly added: ListPosition;
  readonly byHand: ListPosition;
}

const rowOf = (image: Image, member: AlbumMember): AlbumRow => ({
  pk: albumRowsPartition(image.userId, member.albumId),
  sk: image.id,
  place: capturePositionOf(image),
  added: placedAt(member.added, image.id),
  byHand: placedAt(placeOf(member), image.id),
});

/** The rows that the image needs. */
export const albumRowsOf = (image: Image): readonly AlbumRow[] =>
  listedAlbums(image).map((member) => rowOf(image, member));

const itemOfRow = (row: AlbumRow): Item => ({
  ...attributesOfKey(row),
  ...inIndex(BY_CAPTURE, row.pk, row.place),
  ...inIndex(BY_SHARD, row.pk, row.added),
  ...inIndex(BY_OWNER, row.pk, row.byHand),
});

const inIndex = ({ partition, sort }: IndexDefinition, pk: string, at: ListPosition | undefined): Item =>
  at === undefined ? {} : { [partition]: { S: pk }, [sort]: { S: at } };

/** What a write says of the rows that it writes with a record. */
export const albumsListedWith = (image: Image): number | null =>
  listedAlbums(image).length > 0 ? image.revision : null;

/**
 * The rows and counts of a transition from a record that says `albumsListed`, or of an unchanged record whose rows are
 * corrected. If one of the conditions fails, the image would come into an album that is deleted.
 */
export function albumWrites(from: Image, to: Image, albumsListed: number | null): readonly Write[] {
  const isPlaced = albumsListed === from.revision;
  const before = new Map(albumsListed === null ? [] : from.albums.map((one) => [one.albumId, rowOf(from, one)]));
  const after = new Map(listedAlbums(to).map((one) => [one.albumId, rowOf(to, one)]));
  const joined = from.status === to.status ? to.albums.filter(({ albumId }) => !memberIn(from, albumId)) : [];
  const joinedIds = new Set(joined.map(({ albumId }) => albumId));
  const writes: Write[] = [];
  for (const [albumId, row] of after) {
    const former = before.get(albumId);
    if (!isPlaced || !isDeepStrictEqual(former, row)) writes.push({ put: itemOfRow(row) });
    if (!former) writes.push(countRow(albumCounterOf(to, albumId), 1, joinedIds.has(albumId) ? NOT_CLOSED : undefined));
  }
  for (const [albumId, row] of before)
    if (!after.has(albumId)) writes.push({ delete: row }, countRow(albumCounterOf(to, albumId), -1));
  for (const albumId of joinedIds)
    if (!after.has(albumId)) writes.push({ check: albumCounterOf(to, albumId), condition: NOT_CLOSED });
  return writes;
}

/** The rows and counts of a new record. */
export const newAlbumWrites = (image: Image): readonly Write[] => albumWrites(image, image, null);
