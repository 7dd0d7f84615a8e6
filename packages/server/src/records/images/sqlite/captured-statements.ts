import type { Direction } from '../../../domain/lists/list-position.ts';
import { READY_COLUMNS } from '../image-row.ts';
import { DIRECTION } from './find-statements.ts';

/** Lists by capture walk along the rows of one name, or merge the walks of several, as lists by tag do. */
export interface CapturedShape {
  readonly hasUser: boolean;
  readonly nameCount: number;
  readonly direction: Direction;
}

/** Ready images of any of the names, each with its position. Parameters: for each name: user?, name, range; limit. */
export const capturedSql = ({ hasUser, nameCount, direction }: CapturedShape): string => {
  const walks = Array.from({ length: nameCount }, () => `SELECT at, n FROM ${scope(hasUser)}`);
  const way = DIRECTION[direction];
  return `
    SELECT ${READY_COLUMNS.map((column) => `i.${column}`)}, listed.at
    FROM (${walks.join(' UNION ')} ORDER BY at ${way}, n ${way} LIMIT ?) listed
    CROSS JOIN images i ON i.n = listed.n
    ORDER BY listed.at ${way}, listed.n ${way}`;
};

/** The first position of a name, and its row number. Parameters: user?, name, range. */
export const capturedSeekSql = ({ hasUser, direction }: CapturedShape): string =>
  `SELECT at, n FROM ${scope(hasUser)} ORDER BY at ${DIRECTION[direction]} LIMIT 1`;

/** The primary key has the order of an owner's rows. */
const scope = (hasUser: boolean): string =>
  `captured_rows ${hasUser ? '' : 'INDEXED BY captured_rows_of_all'}
   WHERE ${hasUser ? 'user_id = ? AND ' : ''}name = ? AND at >= ? AND at < ?`;
