import type { AlbumId } from '../../../../domain/album/album-id.ts';
import { type AlbumMember, placeOf } from '../../../../domain/album/album-member.ts';
import { listedAlbums, memberIn } from '../../../../domain/album/membership.ts';
import { type AppError, albumNotFound } from '../../../../domain/errors.ts';
import type { Image } from '../../../../domain/image/image.ts';
import { placedAt } from '../../../../domain/lists/list-position.ts';
import { addToCounts } from '../../../albums/postgres/album-counts.ts';
import type { Transaction } from '../../../postgres/database.ts';

/*
 * A deletion of an album must not commit between the look at the album and the commit of the image that comes into it.
 * So the look locks the album: FOR KEY SHARE conflicts with the FOR UPDATE of a deletion alone, so images and other
 * changes of the album don't wait for each other. The look waits for a deletion under way, and then sees it.
 *
 * No deadlock: images lock albums in the order of their ids, before their record and everything else. A deletion locks
 * one album, and then only the log of events, which is the last of all locks.
 */
const LOCK_SHOWN = `
  SELECT id FROM albums WHERE id = ANY ($1) AND user_id = $2 AND state = 'shown' ORDER BY id FOR KEY SHARE`;

const REMOVE = 'DELETE FROM album_rows WHERE album_id = ANY ($1) AND id = $2';

const PUT = `
  INSERT INTO album_rows (album_id, id, added, place)
  SELECT member.album_id, $4, member.added, member.place
  FROM unnest($1::text[], $2::text[], $3::text[]) AS member (album_id, added, place)
  ON CONFLICT (album_id, id) DO UPDATE SET added = excluded.added, place = excluded.place`;

/**
 * Why the image may not come into an album: it isn't there any more. The albums that it comes into stay until the
 * transaction has ended. To be called before the record is locked; the statement is sent at once, so the caller may
 * send others before it awaits the answer.
 */
export async function refusalOf(transaction: Transaction, from: Image, to: Image): Promise<AppError | undefined> {
  const joined = to.albums.filter(({ albumId }) => !memberIn(from, albumId)).map(({ albumId }) => albumId);
  if (joined.length === 0) return undefined;
  const shown = await transaction.rows(LOCK_SHOWN, [joined, to.userId]);
  return shown.length < joined.length ? albumNotFound() : undefined;
}

/**
 * The record of an image was written: sends the statements that change its rows for lists of albums, and how many each
 * album has. The image's record is locked, so its rows are its own; the counts follow them.
 */
export function changed(transaction: Transaction, from: Image | undefined, to: Image): void {
  const [before, after] = [listedAlbums(from), listedAlbums(to)];
  const isIn = (members: readonly AlbumMember[], { albumId }: AlbumMember): boolean =>
    members.some((one) => one.albumId === albumId);
  const left = before.filter((member) => !isIn(after, member)).map(({ albumId }) => albumId);
  const joined = after.filter((member) => !isIn(before, member)).map(({ albumId }) => albumId);
  const put = after.filter((member) => !before.some((one) => isEqual(one, member)));
  if (left.length > 0) transaction.send(REMOVE, [left, to.id]);
  if (put.length > 0)
    transaction.send(PUT, [
      put.map(({ albumId }) => albumId),
      put.map(({ added }) => placedAt(added, to.id)),
      put.map((member) => placedAt(placeOf(member), to.id)),
      to.id,
    ]);
  addToCounts(transaction, new Map<AlbumId, 1 | -1>([...left.map(leaves), ...joined.map(comes)]));
}

const leaves = (id: AlbumId): [AlbumId, -1] => [id, -1];
const comes = (id: AlbumId): [AlbumId, 1] => [id, 1];

const isEqual = (one: AlbumMember, other: AlbumMember): boolean =>
  one.albumId === other.albumId && one.added === other.added && one.moved === other.moved;
