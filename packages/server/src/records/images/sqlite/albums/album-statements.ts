import type { Direction, ListOrder } from '../../../../domain/lists/list-position.ts';
import { READY_COLUMNS } from '../../image-row.ts';
import { DIRECTION } from '../find-statements.ts';

/** Lists of an album walk along its rows by upload, by addition or by place. By capture: `capturedSql`. */
export interface AlbumShape {
  readonly column: 'id' | 'added' | 'place';
  readonly direction: Direction;
}

export function columnOf(order: ListOrder): AlbumShape['column'] {
  if (order === 'added') return 'added';
  return order === 'manual' ? 'place' : 'id';
}

/** Ready images of an album, each with its position. Parameters: album, range; limit. */
export const albumSql = (shape: AlbumShape): string => {
  const way = DIRECTION[shape.direction];
  return `
    SELECT ${READY_COLUMNS.map((column) => `i.${column}`)}, listed.at
    FROM (SELECT ${shape.column} AS at, n FROM ${scope(shape)} ORDER BY ${shape.column} ${way} LIMIT ?) listed
    CROSS JOIN images i ON i.n = listed.n
    ORDER BY listed.at ${way}`;
};

/** The first image of an album by upload, and its row number. Parameters: album, range. */
export const albumSeekSql = (direction: Direction): string =>
  `SELECT id, n FROM ${scope({ column: 'id', direction })} ORDER BY id ${DIRECTION[direction]} LIMIT 1`;

/** The primary key has the order by upload. */
const INDEXES = {
  id: '',
  added: 'INDEXED BY album_rows_by_addition',
  place: 'INDEXED BY album_rows_by_place',
} as const satisfies Record<AlbumShape['column'], string>;

const scope = ({ column }: AlbumShape): string =>
  `album_rows ${INDEXES[column]} WHERE album_id = ? AND ${column} >= ? AND ${column} < ?`;
