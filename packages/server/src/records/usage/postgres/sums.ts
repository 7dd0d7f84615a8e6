import type { Status } from '../../../domain/image/image.ts';
import type { Month } from '../../../domain/lists/months.ts';
import { COUNTED_STATUSES, type CountedStatus, isCounted } from '../../../domain/usage/status-counts.ts';
import { NO_USAGE, plus, type Usage } from '../../../domain/usage/usage.ts';
import type { Row } from '../../images/image-row.ts';
import type { Statements } from '../../postgres/database.ts';
import { USAGE_COLUMNS, usageIn } from '../usage-row.ts';

/** What the images of one owner add up to. The maps lack what the owner has none of. */
export interface OwnerSums {
  usage: Usage;
  readonly byStatus: Map<CountedStatus, number>;
  readonly byMonth: Map<Month, number>;
}

/** By owner: each of those asked for. */
export type SumsOfOwners = ReadonlyMap<string, OwnerSums>;

const nothingOf = (owners: readonly string[]): SumsOfOwners =>
  new Map(owners.map((userId) => [userId, { usage: NO_USAGE, byStatus: new Map(), byMonth: new Map() }]));

const STORED_USAGE = `SELECT user_id, ${USAGE_COLUMNS.map((column) => `sum(${column})`)} FROM usage
  WHERE user_id = ANY ($1) GROUP BY user_id`;
const STORED_STATUSES = `SELECT user_id, status, sum(images) FROM image_counts
  WHERE user_id = ANY ($1) GROUP BY user_id, status`;
const STORED_MONTHS = `SELECT user_id, month, sum(images) FROM captured_months
  WHERE user_id = ANY ($1) GROUP BY user_id, month`;

/** What the counters say. */
export async function sumsOfCounters(statements: Statements, owners: readonly string[]): Promise<SumsOfOwners> {
  const all = nothingOf(owners);
  const each = async (sql: string, read: (sums: OwnerSums, row: Row) => void): Promise<void> => {
    for (const [userId, ...row] of await statements.rows(sql, [owners])) {
      const sums = all.get(String(userId));
      if (sums) read(sums, row);
    }
  };
  await Promise.all([
    each(STORED_USAGE, (sums, row) => {
      sums.usage = usageIn(row);
    }),
    each(STORED_STATUSES, ({ byStatus }, [status, images]) => {
      const known = String(status) as Status;
      if (isCounted(known)) byStatus.set(known, Number(images));
    }),
    each(STORED_MONTHS, ({ byMonth }, [month, images]) => {
      byMonth.set(String(month) as Month, Number(images));
    }),
  ]);
  return all;
}

/** What the records add up to, as `usageOf`, `countsOf` and `monthOf` have it. */
export async function sumsOfRecords(statements: Statements, owners: readonly string[]): Promise<SumsOfOwners> {
  const all = nothingOf(owners);
  const walks = [...all].map(([userId, sums]) => ({ userId, sums, after: '' }));
  const byStatus = walks.flatMap((walk) => COUNTED_STATUSES.map((status) => ({ ...walk, status })));
  await Promise.all([
    eachPage(
      byStatus,
      (limit, left) => statements.rows(IMAGES, [limit, ...columnsOf(left), left.map(({ status }) => status)]),
      ({ sums, status }, images, [bytes, reservedBytes]) => {
        add(sums.byStatus, status, images);
        sums.usage = plus(
          sums.usage,
          usageOf(status, { images, bytes: Number(bytes), reservedBytes: Number(reservedBytes) }),
        );
      },
    ),
    eachPage(
      walks,
      (limit, left) => statements.rows(MONTHS, [limit, ...columnsOf(left)]),
      ({ sums }, images, [month]) => add(sums.byMonth, String(month) as Month, images),
    ),
  ]);
  return all;
}

/**
 * Pages of the images of several owners and states: the walk, counted from 1, how many images, the id of the last one,
 * and what they add up to. The ids are read from `images_by_user` alone, in its order, and each image by its id: for more
 * columns the planner may choose an index, or a join, that reads the images of all owners.
 */
const IMAGES = `SELECT walk.n, page.images, page.last, page.bytes, page.reserved_bytes
  FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS walk (user_id, after, status, n)
  CROSS JOIN LATERAL (
    SELECT count(*) AS images, max(id) AS last, coalesce(sum(size_bytes), 0) AS bytes,
      coalesce(sum(reserved_bytes), 0) AS reserved_bytes
    FROM (
      SELECT id FROM images
      WHERE user_id = walk.user_id AND status = walk.status AND id COLLATE "POSIX" > walk.after
      ORDER BY id COLLATE "POSIX" LIMIT $1
    ) AS listed
    CROSS JOIN LATERAL (
      SELECT size_bytes, reserved_bytes FROM images AS image WHERE image.id = listed.id OFFSET 0
    ) AS image
  ) AS page
  WHERE page.images > 0`;

/** Pages of the ready images of several owners by capture, with a row for each month. */
const MONTHS = `SELECT walk.n, page.images, page.last, page.month
  FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS walk (user_id, after, n)
  CROSS JOIN LATERAL (
    SELECT substr(at, 1, 7) AS month, count(*) AS images, max(at) AS last
    FROM (
      SELECT at FROM captured_rows
      WHERE user_id = walk.user_id AND name = '' AND at > walk.after ORDER BY at LIMIT $1
    ) AS captured
    GROUP BY 1
  ) AS page
  ORDER BY walk.n, page.last`;

/** Rows that one statement adds up: a tenth of a second, or some seconds from a slow disk. */
const ROWS = 10_000;

interface Walk {
  readonly userId: string;
  readonly after: string;
}

const columnsOf = (walks: readonly Walk[]): readonly [userIds: string[], places: string[]] => [
  walks.map(({ userId }) => userId),
  walks.map(({ after }) => after),
];

/** Reads pages of all walks at once until each has ended. A page's rows come in order. */
async function eachPage<Each extends Walk>(
  walks: readonly Each[],
  read: (limit: number, left: readonly Each[]) => Promise<readonly Row[]>,
  sum: (walk: Each, images: number, row: Row) => void,
): Promise<void> {
  for (let left = walks; left.length > 0; ) {
    const limit = Math.ceil(ROWS / left.length);
    const found = left.map((walk) => ({ walk, images: 0, last: walk.after }));
    for (const [n, images, last, ...row] of await read(limit, left)) {
      const page = found[Number(n) - 1];
      if (!page) continue;
      page.images += Number(images);
      page.last = String(last);
      sum(page.walk, Number(images), row);
    }
    left = found.flatMap(({ walk, images, last }) => (images < limit ? [] : [{ ...walk, after: last }]));
  }
}

/** What images in one state count for. */
function usageOf(
  status: CountedStatus,
  { images, bytes, reservedBytes }: Pick<Usage, 'images' | 'bytes' | 'reservedBytes'>,
): Usage {
  if (status === 'pending') return { ...NO_USAGE, pending: images, reservedBytes };
  return { ...NO_USAGE, images, bytes, trashedBytes: status === 'trashed' ? bytes : 0 };
}

const add = <Key>(sums: Map<Key, number>, key: Key, more: number): void =>
  void sums.set(key, (sums.get(key) ?? 0) + more);
