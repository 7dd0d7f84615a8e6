import { type DefaultLimits, limitsFor } from '../../../domain/usage/quota.ts';
import { COUNTED_STATUSES, type StatusCounts } from '../../../domain/usage/status-counts.ts';
import type { Row } from '../../images/image-row.ts';
import type { Postgres } from '../../postgres/database.ts';
import type { OwnerUsage, UsageRepository } from '../usage-repository.ts';
import { limitsIn, USAGE_COLUMNS, usageIn } from '../usage-row.ts';
import { ownersAfter } from './owners.ts';
import { createRecount } from './recount.ts';

/** The usage, the counts by status and the limits of each owner in $1, looked up owner by owner. */
const OWNERS_USAGE = `SELECT owner.id, ${USAGE_COLUMNS.map((column) => `used.${column}`)},
    ${COUNTED_STATUSES.map((status) => `counted.${status}`)},
    quotas.user_id IS NOT NULL, quotas.bytes, quotas.images, quotas.pending
  FROM unnest($1::text[]) WITH ORDINALITY AS owner (id, n)
  CROSS JOIN LATERAL (
    SELECT ${USAGE_COLUMNS.map((column) => `coalesce(sum(${column}), 0) AS ${column}`)}
    FROM usage WHERE user_id = owner.id
  ) AS used
  CROSS JOIN LATERAL (
    SELECT ${COUNTED_STATUSES.map((one) => `coalesce(sum(images) FILTER (WHERE status = '${one}'), 0) AS ${one}`)}
    FROM image_counts WHERE user_id = owner.id
  ) AS counted
  LEFT JOIN LATERAL (SELECT * FROM quotas WHERE user_id = owner.id LIMIT 1) AS quotas ON true
  ORDER BY owner.n`;

const PUT_LIMITS = `INSERT INTO quotas (user_id, bytes, images, pending) VALUES ($1, $2, $3, $4)
  ON CONFLICT (user_id) DO UPDATE SET bytes = excluded.bytes, images = excluded.images, pending = excluded.pending`;

/** Rows that one statement of the total reads: some ten milliseconds. */
const SUMMED_ROWS = 10_000;
/** The last owner whom the next statement reads; null: none is left. */
const END_OF_PART = `SELECT coalesce(
  (SELECT user_id FROM usage WHERE user_id > $1 ORDER BY user_id OFFSET ${SUMMED_ROWS - 1} LIMIT 1),
  (SELECT user_id FROM usage WHERE user_id > $1 ORDER BY user_id DESC LIMIT 1))`;
const PART_OF_TOTAL = 'SELECT sum(images), sum(bytes) FROM usage WHERE user_id > $1 AND user_id <= $2';

const SET_COUNTED = `INSERT INTO usage_counted (n, since) VALUES (1, $1)
  ON CONFLICT (n) DO UPDATE SET since = excluded.since`;

/** `defaults`: the limits of owners that have none of their own. */
export function createPostgresUsage(postgres: Postgres, defaults: DefaultLimits): UsageRepository {
  const usagesOf = async (userIds: readonly string[]): Promise<OwnerUsage[]> => {
    const rows = await postgres.rows(OWNERS_USAGE, [userIds]);
    return rows.map((row) => ownerUsageIn(row, defaults));
  };

  const countedSince = async (): Promise<Date | 'being-counted' | undefined> => {
    const [row] = await postgres.rows('SELECT since FROM usage_counted');
    if (!row) return undefined;
    return typeof row[0] === 'number' ? new Date(row[0]) : 'being-counted';
  };

  return {
    countsByStatus: true,

    async usageOf(userId) {
      const [usage] = await usagesOf([userId]);
      if (!usage) throw new Error('expected a row for each owner');
      return usage;
    },

    async setLimits(userId, limits) {
      if (limits) await postgres.change(PUT_LIMITS, [userId, limits.bytes, limits.images, limits.pending]);
      else await postgres.change('DELETE FROM quotas WHERE user_id = $1', [userId]);
    },

    async findOwners({ after = '', limit }) {
      const ids = await ownersAfter(postgres, ['usage', 'quotas'], { after, limit: limit + 1 });
      const page = ids.slice(0, limit);
      return { owners: await usagesOf(page), next: ids.length > limit ? (page.at(-1) ?? null) : null };
    },

    async totalUsage() {
      if (!((await countedSince()) instanceof Date)) return undefined;
      const total = { images: 0, bytes: 0 };
      for (let after = ''; ; ) {
        const [[end] = []] = await postgres.rows(END_OF_PART, [after]);
        if (typeof end !== 'string') return total;
        const [[images, bytes] = []] = await postgres.rows(PART_OF_TOTAL, [after, end]);
        total.images += Number(images);
        total.bytes += Number(bytes);
        after = end;
      }
    },

    async isEmpty() {
      const rows = await postgres.rows('SELECT id FROM images ORDER BY id LIMIT 1');
      return rows.length === 0;
    },

    countedSince,

    async setCounted(since) {
      if (since) await postgres.change(SET_COUNTED, [since.getTime()]);
      else await postgres.change('DELETE FROM usage_counted');
    },

    recount: createRecount(postgres),
  };
}

const USED = 1;
const COUNTED = USED + USAGE_COLUMNS.length;
const LIMITED = COUNTED + COUNTED_STATUSES.length;

/** Parses a row of `OWNERS_USAGE`. */
function ownerUsageIn(row: Row, defaults: DefaultLimits): OwnerUsage {
  const [hasOwnLimits, ...own] = row.slice(LIMITED);
  const counts = COUNTED_STATUSES.map((status, index) => [status, Number(row[COUNTED + index])]);
  const userId = String(row[0]);
  return {
    userId,
    usage: usageIn(row.slice(USED)),
    byStatus: Object.fromEntries(counts) as StatusCounts,
    limits: hasOwnLimits === true ? limitsIn(own) : limitsFor(defaults, userId),
    hasOwnLimits: hasOwnLimits === true,
  };
}
