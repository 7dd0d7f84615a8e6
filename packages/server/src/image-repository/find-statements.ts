import { READY_COLUMNS } from './image-row.ts';

/**
 * Every list is a walk down one index whose leading columns the filters fix: it steps over the rows it answers and no
 * others. The exception is a list by several tags: it steps over the images of one, and looks the others up for each.
 * INDEXED BY and CROSS JOIN pin the plans, whatever statistics the planner may find.
 */
export interface FindShape {
  readonly hasUser: boolean;
  readonly hasType: boolean;
  readonly tagCount: number;
}

/** Parameters: user?, tag?, type?, first id, id after the last, every further tag, limit. */
export const findSql = (shape: FindShape): string => (shape.tagCount === 0 ? untagged(shape) : tagged(shape));

/** How many images carry a tag, counted no further than the limit. Parameters: user?, tag, type?, both ids, limit. */
export const countSql = (shape: FindShape): string =>
  `SELECT count(*) FROM (SELECT 1 FROM image_tags t ${tagIndex(shape)} WHERE ${tagScope(shape)} LIMIT ?)`;

const untagged = (shape: FindShape): string => `
  SELECT ${READY_COLUMNS} FROM images INDEXED BY ${imageIndex(shape)}
  WHERE ${[
    ...(shape.hasUser ? ['user_id = ?'] : []),
    ...(shape.hasType ? ['content_type = ?'] : []),
    "status = 'ready' AND id >= ? AND id < ?",
  ].join(' AND ')}
  ORDER BY id DESC LIMIT ?`;

const tagged = (shape: FindShape): string => {
  const others = Array.from({ length: shape.tagCount - 1 }, (_, index) => `t${index}`);
  return `
    SELECT ${READY_COLUMNS.map((column) => `i.${column}`)} FROM image_tags t ${tagIndex(shape)}
    ${others.map((other) => `CROSS JOIN image_tags ${other}`).join(' ')} CROSS JOIN images i
    WHERE ${[tagScope(shape), ...others.map((other) => `${other}.tag = ? AND ${other}.id = t.id`), 'i.n = t.n'].join(
      ' AND ',
    )}
    ORDER BY t.id DESC LIMIT ?`;
};

const tagScope = ({ hasUser, hasType }: FindShape): string =>
  `${hasUser ? 't.user_id = ? AND ' : ''}t.tag = ? AND ${hasType ? 't.content_type = ? AND ' : ''}t.id >= ? AND t.id < ?`;

const imageIndex = ({ hasUser, hasType }: FindShape): string => {
  if (hasUser) return hasType ? 'images_by_user_and_type' : 'images_by_user';
  return hasType ? 'images_by_type' : 'images_by_status';
};

/** By tag alone the table itself is in order. */
const tagIndex = ({ hasUser, hasType }: FindShape): string => {
  if (hasUser) return `INDEXED BY ${hasType ? 'image_tags_by_user_and_type' : 'image_tags_by_user'}`;
  return hasType ? 'INDEXED BY image_tags_by_type' : '';
};
