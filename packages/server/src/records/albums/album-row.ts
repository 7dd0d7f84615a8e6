import type { Album } from '../../domain/album/album.ts';
import type { Row } from '../images/image-row.ts';
import { fromStoredAlbum, toStoredAlbum } from './stored-album.ts';

/** Columns of the record. `ALBUM_CELLS` are what a row has besides, for indexes. */
export const ALBUM_COLUMNS = ['id', 'user_id', 'version', 'album'] as const;
export const ALBUM_CELLS = [...ALBUM_COLUMNS, 'state', 'forget_at'] as const;

/** In the order of `ALBUM_CELLS`. */
export function cellsOfAlbum(record: Album): readonly [...Steady, ...Changing] {
  const { id, userId } = toStoredAlbum(record);
  return [id, userId, ...changingCellsOf(record)];
}

type Steady = [id: string, userId: string];
type Changing = [version: number, album: string, state: string, forgetAt: number | null];

/** Those that an update may change. */
export function changingCellsOf(record: Album): Changing {
  const { version, album, state, forgetAt } = toStoredAlbum(record);
  return [version, album, state, forgetAt];
}

/** Parses a row of `ALBUM_COLUMNS`. */
export const albumOf = ([id, userId, version, album]: Row): Album =>
  fromStoredAlbum({ id: String(id), userId: String(userId), version: Number(version), album: String(album) });
