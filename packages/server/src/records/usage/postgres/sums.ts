import type { Status } from '../../../domain/image/image.ts';
import type { Month } from '../../../domain/lists/months.ts';
import { type CountedStatus, isCounted } from '../../../domain/usage/status-counts.ts';
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
  const walks = [...all].map(([userId, sums]) => ({ userId, sums }));
  await Promise.all([
    eachPage(walks, ['', ''], {
      read: (limit, left) => statements.rows(IMAGES, [limit, ...columnsOf(left, 2)]),
      take({ sums }, images, [status, last, bytes, reservedBytes]) {
        const known = String(status) as Status;
        if (isCounted(known)) {
          add(sums.byStatus, known, images);
          const more = usageOf(known, { images, bytes: Number(bytes), reservedBytes: Number(reservedBytes) });
          sums.usage = plus(sums.usage, more);
        }
        return [known, String(last)];
      },
    }),
    eachPage(walks, [''], {
      read: (limit, left) => statements.rows(MONTHS, [limit, ...columnsOf(left, 1)]),
      take({ sums }, images, [month, last]) {
        add(sums.byMonth, String(month) as Month, images);
        return [String(last)];
      },
    }),
  ]);
  return all;
}

/**
 * Pages of the images of several owners: for each walk, counted from 1, and state how many images, the id of the last
 * one, and what they add up to. Only `images_by_user` has this order: if the owner was fixed by an equation, the
 * primary key would have it too, and a plan might walk through the images of all owners.
 */
const IMAGES = `SELECT walk.n, page.images, page.status, page.last, page.bytes, page.reserved_bytes
  FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS walk (user_id, status, after, n)
  CROSS JOIN LATERAL (
    SELECT status, count(*) AS images, max(id) AS last, coalesce(sum(size_bytes), 0) AS bytes,
      coalesce(sum(reserved_bytes), 0) AS reserved_bytes
    FROM (
      SELECT status, id, size_bytes, reserved_bytes FROM images
      WHERE (user_id, status, id COLLATE "POSIX") > (walk.user_id, walk.status, walk.after) AND user_id <= walk.user_id
      ORDER BY user_id, status, id COLLATE "POSIX" LIMIT $1
    ) AS image
    GROUP BY status
  ) AS page
  ORDER BY walk.n, page.status`;

/** Pages of the ready images of several owners by capture, by month likewise. */
const MONTHS = `SELECT walk.n, page.images, page.month, page.last
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
  readonly sums: OwnerSums;
}

/** Where a walk stands: the columns of an index behind the owner. */
type Place = readonly string[];

interface Left extends Walk {
  readonly after: Place;
}

const columnsOf = (walks: readonly Left[], places: number): readonly (readonly string[])[] => [
  walks.map(({ userId }) => userId),
  ...Array.from({ length: places }, (_, nth) => walks.map(({ after }) => after[nth] ?? '')),
];

interface Pages {
  /** Rows of the next pages, in order: the walk, counted from 1, the images, and more. */
  read(limit: number, left: readonly Left[]): Promise<readonly Row[]>;
  /** Adds the images to the sums, and answers the place of the last one. */
  take(walk: Walk, images: number, row: Row): Place;
}

/** Reads pages of all walks at once until each has ended. */
async function eachPage(walks: readonly Walk[], first: Place, { read, take }: Pages): Promise<void> {
  let left: readonly Left[] = walks.map((walk) => ({ ...walk, after: first }));
  while (left.length > 0) {
    const limit = Math.ceil(ROWS / left.length);
    const pages = left.map((walk) => ({ walk, images: 0, after: walk.after }));
    for (const [n, images, ...row] of await read(limit, left)) {
      const page = pages[Number(n) - 1];
      if (!page) continue;
      page.images += Number(images);
      page.after = take(page.walk, Number(images), row);
    }
    left = pages.flatMap(({ walk, images, after }) => (images < limit ? [] : [{ ...walk, after }]));
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
