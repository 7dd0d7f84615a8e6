import { type Direction, directionOf, type ListPosition } from '../../../domain/lists/list-position.ts';
import type { Parameter, Statements } from '../../postgres/database.ts';
import type { FindQuery } from '../image-repository.ts';
import { COLUMNS, READY_COLUMNS, type Row } from '../image-row.ts';
import { type ListRange, rangeOf } from '../list-range.ts';

/**
 * Rows of images in the order of one index. Its leading columns have the values of `where`, so that the walk along
 * `at` reads only rows of the list.
 */
export interface Walk {
  readonly table: string;
  /** The column of positions. Each ends with the id of its image. */
  readonly at: string;
  /** Its collation in the index, if that isn't the column's. */
  readonly collation?: 'POSIX';
  readonly where: Readonly<Record<string, string>>;
}

/** The images in any of the walks. */
export type List = readonly Walk[];

/** Rows of `READY_COLUMNS` or `COLUMNS`, each with its position at the end, and the details before it if asked for. */
export interface Listed {
  readonly rows: readonly Row[];
  /** As of a `Page`. */
  readonly next: ListPosition | null;
}

interface Reading {
  readonly direction: Direction;
  readonly range: ListRange;
  readonly limit: number;
  readonly withDetails?: boolean;
  /** The columns of images in any state. */
  readonly isOfAnyState?: boolean;
}

export const readingOf = (query: FindQuery): Reading => ({
  direction: directionOf(query.order),
  range: rangeOf(query),
  limit: query.limit,
});

/** Positions end with an id of this length. */
const ID_LENGTH = 36;
const idIn = (at: string): string => `right(${at}, ${ID_LENGTH}) COLLATE "C"`;

const WAY = { newest: 'DESC', oldest: 'ASC' } as const satisfies Record<Direction, string>;

const columns = ({ withDetails = false, isOfAnyState = false }: Reading): string =>
  [
    ...(isOfAnyState ? COLUMNS : READY_COLUMNS).map((column) => `i.${column}`),
    ...(withDetails ? ['d.details'] : []),
  ].join(', ');

const joinedDetails = ({ withDetails = false }: Reading): string =>
  withDetails ? 'LEFT JOIN image_details d ON d.id = i.id' : '';

/** Numbers the parameters of a statement. */
function createParameters() {
  const values: Parameter[] = [];
  return {
    values,
    add: (value: Parameter): string => `$${values.push(value)}`,
  };
}

type Parameters = ReturnType<typeof createParameters>;

/** Positions as the index of a walk orders them. */
const orderedAt = ({ at, collation }: Walk): string => (collation === undefined ? at : `${at} COLLATE "${collation}"`);

interface Scope {
  /** SQL of positions. */
  readonly range: ListRange;
  readonly way: (typeof WAY)[Direction];
  /** SQL of a condition for all rows. */
  readonly when?: string;
}

/** The positions of a walk within a range, in its order. */
function positionsOf(walk: Walk, parameters: Parameters, { range, way, when }: Scope): string {
  const fixed = Object.entries(walk.where).map(([column, value]) =>
    column === 'status' && value === 'ready' ? "status = 'ready'" : `${column} = ${parameters.add(value)}`,
  );
  const at = orderedAt(walk);
  const conditions = [...fixed, `${at} >= ${range.from}`, `${at} < ${range.to}`, ...(when === undefined ? [] : [when])];
  return `SELECT ${at} AS at FROM ${walk.table} WHERE ${conditions.join(' AND ')} ORDER BY ${at} ${way}`;
}

/**
 * A page of a list: each walk reads one more than fits at most, and the merged walks end with the page. All of them
 * have one collation.
 */
export async function walkList(statements: Statements, list: List, reading: Reading): Promise<Listed> {
  const { direction, limit } = reading;
  const parameters = createParameters();
  const [from, to] = [parameters.add(reading.range.from), parameters.add(reading.range.to)];
  const range = { from: `${from}::text`, to: `${to}::text` };
  const most = parameters.add(limit + 1);
  const way = WAY[direction];
  const walks = list.map((walk) => `(${positionsOf(walk, parameters, { range, way })} LIMIT ${most}::bigint)`);
  const merged =
    walks.length === 1
      ? `${walks[0]} listed`
      : `(SELECT DISTINCT at FROM (${walks.join(' UNION ALL ')}) walked ORDER BY at ${way} LIMIT ${most}::bigint) listed`;
  const rows = await statements.rows(
    `SELECT ${columns(reading)}, listed.at FROM ${merged} JOIN images i ON i.id = ${idIn('listed.at')}
     ${joinedDetails(reading)} ORDER BY listed.at ${way}`,
    parameters.values,
  );
  const fitting = rows.slice(0, limit);
  return { rows: fitting, next: rows.length > limit ? positionIn(fitting.at(-1)) : null };
}

/** In a row of a list. */
export const positionIn = (row: Row | undefined): ListPosition | null => (row ? String(row.at(-1)) : null);

/**
 * A page of the images that are in each of the lists, by leapfrog join within the server (`leapfrog.ts` describes it):
 * each step seeks in the next list, from the position of the step before. One more match than fits ends it, or `budget`
 * steps, of which it needs at least as many as decide one image.
 */
export async function intersectLists(
  statements: Statements,
  lists: readonly List[],
  reading: Reading & { readonly budget: number },
): Promise<Listed> {
  const { direction, limit, budget } = reading;
  const parameters = createParameters();
  const way = WAY[direction];
  const range = { from: 'w.lo', to: 'w.hi' };
  const seeks = lists.flatMap((list, nth) =>
    list.map((walk) => `(${positionsOf(walk, parameters, { range, way, when: `w.list = ${nth}` })} LIMIT 1)`),
  );
  const [from, to] = [parameters.add(reading.range.from), parameters.add(reading.range.to)];
  const [most, steps] = [parameters.add(limit), parameters.add(budget)];
  // Behind a match, or from the candidate on: no position begins with another.
  const [lo, hi] =
    direction === 'newest'
      ? ['w.lo', "CASE WHEN r.is_match THEN s.at ELSE s.at || '0' END"]
      : ["CASE WHEN r.is_match THEN s.at || '0' ELSE s.at END", 'w.hi'];
  const rows = await statements.rows(
    `WITH RECURSIVE w (step, list, lo, hi, candidate, agreed, decided, matches, is_match, at) AS (
       SELECT 0, 0, ${from}::text COLLATE "C", ${to}::text COLLATE "C", NULL::text COLLATE "C", 0,
         NULL::text COLLATE "C", 0::bigint, false, NULL::text COLLATE "C"
       UNION ALL
       SELECT w.step + 1, (w.list + 1) % ${lists.length}, ${lo}, ${hi}, CASE WHEN r.is_match THEN NULL ELSE s.at END,
         CASE WHEN r.is_match THEN 0 ELSE r.agreed END,
         CASE WHEN r.is_match THEN s.at WHEN s.at = w.candidate THEN w.decided ELSE coalesce(w.candidate, w.decided) END,
         w.matches + CASE WHEN r.is_match THEN 1 ELSE 0 END, r.is_match, s.at
       FROM w
       CROSS JOIN LATERAL (
         SELECT u.at COLLATE "C" AS at FROM (${seeks.join(' UNION ALL ')}) u ORDER BY u.at COLLATE "C" ${way} LIMIT 1) s
       CROSS JOIN LATERAL (SELECT CASE WHEN s.at = w.candidate THEN w.agreed + 1 ELSE 1 END AS agreed) a
       CROSS JOIN LATERAL (SELECT a.agreed, a.agreed = ${lists.length} AS is_match) r
       WHERE w.matches <= ${most}::bigint AND (w.decided IS NULL OR w.step < ${steps}::bigint)
     )
     SELECT ${columns(reading)}, w.at, w.step, w.decided, w.matches FROM w
     LEFT JOIN images i ON w.is_match AND i.id = ${idIn('w.at')} ${joinedDetails(reading)}
     WHERE w.is_match OR w.step = (SELECT max(step) FROM w) ORDER BY w.step`,
    parameters.values,
  );
  const [step, decided, matches] = rows.at(-1)?.slice(-3) ?? [];
  const met = rows.filter(([id]) => id !== null).map((row) => row.slice(0, -3));
  if (Number(matches) > limit) return { rows: met.slice(0, limit), next: positionIn(met[limit - 1]) };
  const isSpent = decided !== null && Number(step) >= budget;
  return { rows: met, next: isSpent ? String(decided) : null };
}
