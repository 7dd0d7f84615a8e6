import type { Direction } from '../../../domain/lists/list-position.ts';
import { COLUMNS, READY_COLUMNS } from '../image-row.ts';

/**
 * Every list walks down one index whose leading columns the filters fix, and reads only the rows that it returns. A
 * list by any of several tags merges such walks. INDEXED BY and CROSS JOIN pin the plans, independent of the planner's
 * statistics; the index has the requested order.
 */
export interface FindShape {
  readonly hasUser: boolean;
  readonly hasType: boolean;
  readonly tagCount: number;
  readonly direction: Direction;
}

/** Ready images, with any of the tags. Parameters: for each tag, or once: user?, tag?, type?, id range; limit. */
export const readySql = (shape: FindShape): string => (shape.tagCount === 0 ? untagged(shape) : tagged(shape));

/** Images of a status other than ready. Parameters: user?, status, id range, limit. */
export const statusSql = ({ hasUser, direction }: FindShape): string => `
  SELECT ${COLUMNS} FROM images INDEXED BY ${hasUser ? 'images_by_user' : 'images_by_status'}
  WHERE ${hasUser ? 'user_id = ? AND ' : ''}status = ? AND id >= ? AND id < ?
  ORDER BY id ${DIRECTION[direction]} LIMIT ?`;

/** Ready images with a tag: their ids and row numbers. Parameters: user?, tag, type?, id range, limit (-1: none). */
export const tagRowsSql = (shape: FindShape): string =>
  `SELECT id, n FROM ${tagScope(shape)} ORDER BY id ${DIRECTION[shape.direction]} LIMIT ?`;

/** The first of them. Parameters: user?, tag, type?, id range. */
export const seekSql = (shape: FindShape): string => firstOf(tagRowsSql(shape));

/** Ready images by one value of metadata. Parameters: user, name, value, id range; limit. */
export const metadataSql = (direction: Direction): string => `
  SELECT ${READY_COLUMNS.map((column) => `i.${column}`)}
  FROM (SELECT id, n FROM ${METADATA_SCOPE} ORDER BY id ${DIRECTION[direction]} LIMIT ?) listed
  CROSS JOIN images i ON i.n = listed.n
  ORDER BY listed.id ${DIRECTION[direction]}`;

/** The first image with a value of metadata, as `seekSql`. Parameters: user, name, value, id range. */
export const metadataSeekSql = (direction: Direction): string =>
  `SELECT id, n FROM ${METADATA_SCOPE} ORDER BY id ${DIRECTION[direction]} LIMIT 1`;

/** Ready images of a type, as `tagRowsSql`. Parameters: user, type, id range, limit (-1: none). */
export const typeRowsSql = (direction: Direction): string => `
  SELECT id, n FROM images INDEXED BY images_by_user_and_type
  WHERE user_id = ? AND content_type = ? AND status = 'ready' AND id >= ? AND id < ?
  ORDER BY id ${DIRECTION[direction]} LIMIT ?`;

/** The first of them, as `seekSql`. Parameters: user, type, id range. */
export const typeSeekSql = (direction: Direction): string => firstOf(typeRowsSql(direction));

const firstOf = (rowsSql: string): string => rowsSql.replace(/LIMIT \?$/, 'LIMIT 1');

/** The records of ready images, in the order of their row numbers. Parameter: these, as JSON. */
export const RECORDS_SQL = `
  SELECT ${READY_COLUMNS.map((column) => `i.${column}`)} FROM json_each(?) listed CROSS JOIN images i ON i.n = listed.value
  ORDER BY listed.rowid`;

/** The primary key has the order. */
const METADATA_SCOPE = 'image_metadata WHERE user_id = ? AND name = ? AND value = ? AND id >= ? AND id < ?';

export const DIRECTION = { newest: 'DESC', oldest: 'ASC' } as const satisfies Record<Direction, string>;

const untagged = (shape: FindShape): string => `
  SELECT ${READY_COLUMNS} FROM images INDEXED BY ${imageIndex(shape)}
  WHERE ${[
    ...(shape.hasUser ? ['user_id = ?'] : []),
    ...(shape.hasType ? ['content_type = ?'] : []),
    "status = 'ready' AND id >= ? AND id < ?",
  ].join(' AND ')}
  ORDER BY id ${DIRECTION[shape.direction]} LIMIT ?`;

/** Each tag's walk is in order of (id, n), so their union is a merge that stops at the limit. */
const tagged = (shape: FindShape): string => {
  const walks = Array.from({ length: shape.tagCount }, () => `SELECT id, n FROM ${tagScope(shape)}`);
  const way = DIRECTION[shape.direction];
  return `
    SELECT ${READY_COLUMNS.map((column) => `i.${column}`)}
    FROM (${walks.join(' UNION ')} ORDER BY id ${way}, n ${way} LIMIT ?) listed
    CROSS JOIN images i ON i.n = listed.n
    ORDER BY listed.id ${way}, listed.n ${way}`;
};

const tagScope = (shape: FindShape): string =>
  `image_tags ${tagIndex(shape)} WHERE ${[
    ...(shape.hasUser ? ['user_id = ?'] : []),
    'tag = ?',
    ...(shape.hasType ? ['content_type = ?'] : []),
    'id >= ? AND id < ?',
  ].join(' AND ')}`;

const imageIndex = ({ hasUser, hasType }: FindShape): string => {
  if (hasUser) return hasType ? 'images_by_user_and_type' : 'images_by_user';
  return hasType ? 'images_by_type' : 'images_by_status';
};

/** By tag alone the table itself has the order. */
const tagIndex = ({ hasUser, hasType }: FindShape): string => {
  if (hasUser) return `INDEXED BY ${hasType ? 'image_tags_by_user_and_type' : 'image_tags_by_user'}`;
  return hasType ? 'INDEXED BY image_tags_by_type' : '';
};
