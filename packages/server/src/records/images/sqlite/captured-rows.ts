import type { DatabaseSync } from 'node:sqlite';
import type { Image } from '../../../domain/image/image.ts';
import { capturePositionOf } from '../../../domain/lists/list-position.ts';
import { ALL_IMAGES, nameOfAlbum, nameOfTag, nameOfType } from '../captured-names.ts';

/**
 * Writes the rows of an image for lists by capture, within the running transaction. `n`: the row of its record. Answers
 * whether `from` had its rows: those of a record that was corrected by hand may be missing, or elsewhere.
 */
export function createCapturedRows(database: DatabaseSync) {
  const insert = database.prepare('INSERT INTO captured_rows (user_id, name, at, n) VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM captured_rows WHERE user_id = ? AND name = ? AND at = ?');
  return (from: Image | undefined, to: Image, n: number): boolean => {
    const before = rowsOf(from);
    const after = rowsOf(to);
    const isMoved = before.at !== after.at;
    let hadAll = true;
    for (const name of before.names) {
      if (!isMoved && after.names.includes(name)) continue;
      const { changes } = remove.run(to.userId, name, before.at);
      if (name === ALL_IMAGES) hadAll = changes === 1;
    }
    for (const name of after.names)
      if (isMoved || !before.names.includes(name)) insert.run(to.userId, name, after.at, n);
    return hadAll;
  };
}

const rowsOf = (image: Image | undefined) =>
  image?.status === 'ready'
    ? {
        at: capturePositionOf(image),
        names: [
          ALL_IMAGES,
          nameOfType(image.contentType),
          ...image.tags.map(nameOfTag),
          ...image.albums.map(({ albumId }) => nameOfAlbum(albumId)),
        ],
      }
    : { at: '', names: [] };
