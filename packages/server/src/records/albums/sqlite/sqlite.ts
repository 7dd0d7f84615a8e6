import type { DatabaseSync } from 'node:sqlite';
import type { Album } from '../../../domain/album/album.ts';
import { parseAlbumId } from '../../../domain/album/album-id.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import { createUnloggedWrites, type EventWrites } from '../../events/sqlite/event-writes.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow, type Row } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { AlbumRepository } from '../album-repository.ts';
import { ALBUM_CELLS, ALBUM_COLUMNS, albumOf, cellsOfAlbum, changingCellsOf } from '../album-row.ts';

const SELECT = `SELECT ${ALBUM_COLUMNS} FROM albums`;

/** Sorts after every id. */
const AFTER_ALL = 'g';

/** Adds one within the running transaction; false if the id is taken. */
export function createAlbumAdd(database: DatabaseSync): (album: Album) => boolean {
  const insert = database.prepare(
    `INSERT INTO albums (${ALBUM_CELLS}) VALUES (${ALBUM_CELLS.map(() => '?')}) ON CONFLICT DO NOTHING`,
  );
  return (album) => insert.run(...cellsOfAlbum(album)).changes === 1;
}

export interface SqliteAlbumRepositoryOptions {
  /** Unset: changes aren't logged. */
  readonly events?: EventWrites | undefined;
  readonly observe?: Observer | undefined;
}

/** Albums in SQLite. Another process may write them too: nothing is cached. */
export function createSqliteAlbumRepository(
  database: DatabaseSync,
  writes: GroupCommit,
  { events = createUnloggedWrites(database), observe = () => undefined }: SqliteAlbumRepositoryOptions = {},
): AlbumRepository {
  const add = createAlbumAdd(database);
  const select = database.prepare(`${SELECT} WHERE id = ?`);
  const selectOwned = database.prepare(
    `${SELECT} WHERE user_id = ? AND state = 'shown' AND id < ? ORDER BY id DESC LIMIT ?`,
  );
  const selectDeleting = database.prepare(
    `${SELECT} WHERE state = 'deleting' AND state <> 'shown' ORDER BY id LIMIT ?`,
  );
  const update = database.prepare(
    'UPDATE albums SET version = ?, album = ?, state = ?, forget_at = ? WHERE id = ? AND version = ?',
  );
  // The index has only what isn't shown, and SQLite doesn't see that by itself.
  const selectForgotten = database.prepare(
    "SELECT id FROM albums WHERE state = 'deleted' AND state <> 'shown' AND forget_at <= ?",
  );
  const removals = ['album_rows WHERE album_id', 'album_counts WHERE album_id', 'albums WHERE id'].map((where) =>
    database.prepare(`DELETE FROM ${where} = ?`),
  );
  const counted = database.prepare('SELECT images FROM album_counts WHERE album_id = ?');
  const rows = database.prepare('SELECT COUNT(*) FROM album_rows WHERE album_id = ?');
  const setCount = database.prepare(
    'INSERT INTO album_counts (album_id, images) VALUES (?, ?) ON CONFLICT (album_id) DO UPDATE SET images = excluded.images',
  );
  /** Lists leave out a record that can't be read, as lists of images do. */
  const readable = (row: Row): readonly Album[] => {
    try {
      return [albumOf(row)];
    } catch (error) {
      observe({ event: 'warning', sentence: `Lists leave out the album ${row[0]}: ${String(error)}` });
      return [];
    }
  };
  const countOf = ({ id }: Album): number => Number(firstRow(counted, [id])?.[0] ?? 0);

  return {
    async create(album) {
      const isNew = await writes.write(() => {
        const added = add(album);
        if (added) events.albumChanged(undefined, album);
        return added;
      });
      if (!isNew) throw new Error(`expected a new id of an album; ${album.id} is taken`);
    },

    async get(id) {
      const row = translated(() => firstRow(select, [id]));
      return row && albumOf(row);
    },

    replace: (from, to) =>
      writes.write(() => {
        const isWritten = update.run(...changingCellsOf(to), from.id, from.version).changes === 1;
        if (isWritten) events.albumChanged(from, to);
        return isWritten;
      }),

    async find({ userId, after = AFTER_ALL, limit }) {
      const found = translated(() => allRows(selectOwned, [userId, after, limit + 1]));
      const shown = found.slice(0, limit);
      const next = found.length > limit ? parseAlbumId(String(shown.at(-1)?.[0])) : undefined;
      return { albums: shown.flatMap(readable), next: next ?? null };
    },

    count: async (albums) => translated(() => albums.map(countOf)),

    recount: (album) =>
      writes.write(() => {
        const was = countOf(album);
        const images = Number(firstRow(rows, [album.id])?.[0]);
        setCount.run(album.id, images);
        return { images, was };
      }),

    deleting: async (limit) => translated(() => allRows(selectDeleting, [limit])).flatMap(readable),

    /** Also what is left of them on images that were restored meanwhile. */
    async forget(now) {
      for (const [id] of translated(() => allRows(selectForgotten, [now.getTime()])))
        await writes.write(() => {
          for (const removal of removals) removal.run(String(id));
        });
    },
  };
}
