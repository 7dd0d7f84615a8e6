import type { DatabaseSync } from 'node:sqlite';
import { placeOf } from '../../../../domain/album/album-member.ts';
import { listedAlbums, memberIn } from '../../../../domain/album/membership.ts';
import { type AppError, albumNotFound } from '../../../../domain/errors.ts';
import type { Image } from '../../../../domain/image/image.ts';
import { placedAt } from '../../../../domain/lists/list-position.ts';
import { firstRow } from '../../../sqlite/rows.ts';

/** The rows of images for lists of albums, and how many each album has. To be called in the running transaction. */
export interface AlbumRows {
  /** Why the image may not come into an album: it isn't there any more. */
  refusalOf(from: Image, to: Image): AppError | undefined;
  /** The record of an image was written. `n`: the row of its record. */
  changed(from: Image | undefined, to: Image, n: number): void;
}

export function createAlbumRows(database: DatabaseSync): AlbumRows {
  const isShown = database.prepare("SELECT 1 FROM albums WHERE id = ? AND user_id = ? AND state = 'shown'");
  const put = database.prepare(
    'INSERT OR REPLACE INTO album_rows (album_id, id, added, place, n) VALUES (?, ?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM album_rows WHERE album_id = ? AND id = ?');
  const add = database.prepare(
    `INSERT INTO album_counts (album_id, images) VALUES (?, ?)
     ON CONFLICT (album_id) DO UPDATE SET images = images + excluded.images`,
  );
  return {
    refusalOf(from, to) {
      const gone = to.albums.find(
        ({ albumId }) => memberIn(from, albumId) === undefined && !firstRow(isShown, [albumId, to.userId]),
      );
      return gone && albumNotFound();
    },

    changed(from, to, n) {
      const [before, after] = [listedAlbums(from), listedAlbums(to)];
      if (before.length === 0 && after.length === 0) return;
      for (const { albumId } of before) {
        if (after.some((one) => one.albumId === albumId)) continue;
        remove.run(albumId, to.id);
        add.run(albumId, -1);
      }
      for (const member of after) {
        const former = before.find((one) => one.albumId === member.albumId);
        if (former && former.added === member.added && former.moved === member.moved) continue;
        const { albumId, added } = member;
        put.run(albumId, to.id, placedAt(added, to.id), placedAt(placeOf(member), to.id), n);
        if (!former) add.run(albumId, 1);
      }
    },
  };
}
