import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Album } from '../../../domain/album/album.ts';
import { createUnloggedWrites, type EventWrites } from '../../events/sqlite/event-writes.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow, type Row } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { AlbumRepository } from '../album-repository.ts';
import { fromStoredAlbum, toStoredAlbum } from '../stored-album.ts';

export const ALBUM_COLUMNS = ['id', 'user_id', 'version', 'album'] as const;
const SELECT = `SELECT ${ALBUM_COLUMNS} FROM albums`;

/** Sorts after every id. */
const AFTER_ALL = 'g';

/** Adds one within the running transaction; false if the id is taken. */
export function createAlbumAdd(database: DatabaseSync): (album: Album) => boolean {
  const insert = database.prepare(
    'INSERT INTO albums (id, user_id, version, album, state, forget_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  return (album) => {
    const { id, userId, ...rest } = toStoredAlbum(album);
    return insert.run(id, userId, ...changing(rest)).changes === 1;
  };
}

/** Albums in SQLite. Another process may write them too: nothing is cached. */
export function createSqliteAlbumRepository(
  database: DatabaseSync,
  writes: GroupCommit,
  { events = createUnloggedWrites(database) }: { readonly events?: EventWrites | undefined } = {},
): AlbumRepository {
  const add = createAlbumAdd(database);
  const select = database.prepare(`${SELECT} WHERE id = ?`);
  const selectOwned = database.prepare(
    `${SELECT} WHERE user_id = ? AND state = 'shown' AND id < ? ORDER BY id DESC LIMIT ?`,
  );
  const selectDeleting = database.prepare(`${SELECT} WHERE state = 'deleting' ORDER BY id LIMIT ?`);
  const update = database.prepare(
    'UPDATE albums SET version = ?, album = ?, state = ?, forget_at = ? WHERE id = ? AND version = ?',
  );
  const forget = database.prepare("DELETE FROM albums WHERE state = 'deleted' AND forget_at <= ?");
  const counted = database.prepare('SELECT images FROM album_counts WHERE album_id = ?');
  const rows = database.prepare('SELECT COUNT(*) FROM album_rows WHERE album_id = ?');
  const setCount = database.prepare(
    'INSERT INTO album_counts (album_id, images) VALUES (?, ?) ON CONFLICT (album_id) DO UPDATE SET images = excluded.images',
  );
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
        const isWritten = update.run(...changing(toStoredAlbum(to)), from.id, from.version).changes === 1;
        if (isWritten) events.albumChanged(from, to);
        return isWritten;
      }),

    async find({ userId, after = AFTER_ALL, limit }) {
      const found = translated(() => allRows(selectOwned, [userId, after, limit + 1]));
      const albums = found.slice(0, limit).map(albumOf);
      return { albums, next: found.length > limit ? (albums.at(-1)?.id ?? null) : null };
    },

    count: async (albums) => translated(() => albums.map(countOf)),

    recount: (album) =>
      writes.write(() => {
        const was = countOf(album);
        const images = Number(firstRow(rows, [album.id])?.[0]);
        setCount.run(album.id, images);
        return { images, was };
      }),

    deleting: async (limit) => translated(() => allRows(selectDeleting, [limit])).map(albumOf),

    forget: (now) => writes.write(() => void forget.run(now.getTime())),
  };
}

const changing = (stored: Omit<ReturnType<typeof toStoredAlbum>, 'id' | 'userId'>): SQLInputValue[] => [
  stored.version,
  stored.album,
  stored.state,
  stored.forgetAt,
];

/** Parses a row of `ALBUM_COLUMNS`. */
export const albumOf = ([id, userId, version, album]: Row): Album =>
  fromStoredAlbum({ id: String(id), userId: String(userId), version: Number(version), album: String(album) });
