import type { Album } from '../../../domain/album/album.ts';
import { parseAlbumId } from '../../../domain/album/album-id.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import { createUnloggedWrites, type EventWrites } from '../../events/postgres/event-writes.ts';
import type { Row } from '../../images/image-row.ts';
import type { Postgres, Transaction } from '../../postgres/database.ts';
import type { AlbumRepository } from '../album-repository.ts';
import { ALBUM_CELLS, ALBUM_COLUMNS, albumOf, cellsOfAlbum, changingCellsOf } from '../album-row.ts';
import { countsOf, recountAlbum } from './album-counts.ts';

/** Sorts after every id. */
const AFTER_ALL = 'g';

const INSERT = `
  INSERT INTO albums (${ALBUM_CELLS}) VALUES (${ALBUM_CELLS.map((_, index) => `$${index + 1}`)})
  ON CONFLICT (id) DO NOTHING`;

const SELECT = `SELECT ${ALBUM_COLUMNS} FROM albums`;
const SELECT_ONE = `${SELECT} WHERE id = $1`;

/*
 * These compare whole rows of the index. With `user_id = $1 ... ORDER BY id` the planner may walk the primary key,
 * which has the order too, through everybody's albums: it doesn't know that this owner's are all old.
 */
const SELECT_OWNED = `
  ${SELECT} WHERE (user_id, state, id) >= ($1, 'shown', '') AND (user_id, state, id) < ($1, 'shown', $2)
  ORDER BY user_id DESC, state DESC, id DESC LIMIT $3`;
const SELECT_DELETING = `
  ${SELECT} WHERE state <> 'shown' AND (state, id) >= ('deleting', '') AND (state, id) < ('deleting', '${AFTER_ALL}')
  ORDER BY state, id LIMIT $1`;

/** The second of two writers of a version waits for the first, sees the new version, and changes nothing. */
const UPDATE = 'UPDATE albums SET version = $3, album = $4, state = $5, forget_at = $6 WHERE id = $1 AND version = $2';

/**
 * An update by itself doesn't wait for images that come into the album, nor they for it. A deletion waits for those
 * that have locked it (`createAlbumRows`), and those that come later see it. It has no other lock while it waits.
 */
const LOCK_FOR_DELETION = 'SELECT 1 FROM albums WHERE id = $1 FOR UPDATE';

const SELECT_FORGOTTEN = "SELECT id FROM albums WHERE state = 'deleted' AND forget_at <= $1";

/** In the order in which images lock them. */
const REMOVALS = ['albums WHERE id', 'album_rows WHERE album_id', 'album_counts WHERE album_id'].map(
  (where) => `DELETE FROM ${where} = $1`,
);

/** Adds one within the transaction; false if the id is taken. */
export const addAlbum = async (transaction: Transaction, album: Album): Promise<boolean> =>
  (await transaction.change(INSERT, cellsOfAlbum(album))) === 1;

export interface PostgresAlbumRepositoryOptions {
  /** Unset: changes aren't logged. */
  readonly events?: EventWrites | undefined;
  readonly observe?: Observer | undefined;
}

export function createPostgresAlbumRepository(
  postgres: Postgres,
  { events = createUnloggedWrites(), observe = () => undefined }: PostgresAlbumRepositoryOptions = {},
): AlbumRepository {
  /** Lists leave out a record that can't be read, as lists of images do. */
  const readable = (row: Row): readonly Album[] => {
    try {
      return [albumOf(row)];
    } catch (error) {
      observe({ event: 'warning', sentence: `Lists leave out the album ${row[0]}: ${String(error)}` });
      return [];
    }
  };

  return {
    create: (album) =>
      postgres.transaction(async (transaction) => {
        if (!(await addAlbum(transaction, album)))
          throw new Error(`expected a new id of an album; ${album.id} is taken`);
        events.albumChanged(transaction, undefined, album);
      }),

    async get(id) {
      const [row] = await postgres.rows(SELECT_ONE, [id]);
      return row && albumOf(row);
    },

    replace: (from, to) =>
      postgres.transaction(async (transaction) => {
        if (to.deletion) transaction.send(LOCK_FOR_DELETION, [from.id]);
        const written = await transaction.change(UPDATE, [from.id, from.version, ...changingCellsOf(to)]);
        if (written === 1) events.albumChanged(transaction, from, to);
        return written === 1;
      }),

    async find({ userId, after = AFTER_ALL, limit }) {
      const found = await postgres.rows(SELECT_OWNED, [userId, after, limit + 1]);
      const shown = found.slice(0, limit);
      const next = found.length > limit ? parseAlbumId(String(shown.at(-1)?.[0])) : undefined;
      return { albums: shown.flatMap(readable), next: next ?? null };
    },

    count: (albums) =>
      countsOf(
        postgres,
        albums.map(({ id }) => id),
      ),

    recount: (album) => postgres.transaction((transaction) => recountAlbum(transaction, album)),

    deleting: async (limit) => (await postgres.rows(SELECT_DELETING, [limit])).flatMap(readable),

    /** Also what is left of them on images that were restored meanwhile. */
    async forget(now) {
      for (const [id] of await postgres.rows(SELECT_FORGOTTEN, [now.getTime()]))
        await postgres.transaction(async (transaction) => {
          for (const removal of REMOVALS) transaction.send(removal, [String(id)]);
        });
    },
  };
}
