import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../../../domain/errors.ts';
import type { Image, PendingImage } from '../../../domain/image/image.ts';
import { askedBy, type DefaultLimits, type Limits, limitsFor, quotaFault } from '../../../domain/usage/quota.ts';
import type { QuotaFault } from '../../../domain/usage/quota-fault.ts';
import { isSameUsage, NO_USAGE, type Usage, usageChange } from '../../../domain/usage/usage.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { OwnerUsage, UsageRepair, UsageRepository } from '../usage-repository.ts';
import { limitsIn, USAGE_COLUMNS, usageCells, usageIn } from '../usage-row.ts';
import { createCountReads } from './image-counts.ts';
import { createMonthReads } from './month-counts.ts';

/** Counts within the running transaction, together with the change of a record. */
export interface UsageCounts {
  /** Why the new image doesn't fit; undefined: it does. */
  faultOf(image: PendingImage): QuotaFault | undefined;
  /** The record of an image was written, in row `n`. */
  count(from: Image | undefined, to: Image, n: number): void;
}

/** Instead of counting: from the first change on, the usage isn't what the records add up to. */
export function createUncounted(database: DatabaseSync): Pick<UsageCounts, 'count'> {
  const forget = [
    database.prepare('DELETE FROM usage_counted'),
    database.prepare('DELETE FROM usage_recount_position'),
  ];
  return {
    count(from, to) {
      if (usageChange(from, to)) for (const statement of forget) statement.run();
    },
  };
}

/** `defaults`: the limits of owners that have none of their own. */
export function createUsageCounts(database: DatabaseSync, defaults: DefaultLimits): UsageCounts {
  const { usageOf, limitsOf } = createReads(database);
  const add = database.prepare(`${addTo('usage')} VALUES (?, ?, ?, ?, ?, ?) ${SUMMED}`);
  const addToRecount = database.prepare(
    `${addTo('usage_recounts')} SELECT ?, ?, ?, ?, ?, ? FROM usage_recount_position WHERE n >= ? ${SUMMED}`,
  );
  return {
    faultOf(image) {
      const { userId } = image;
      return quotaFault(usageOf(userId), limitsOf(userId) ?? limitsFor(defaults, userId), askedBy(image));
    },

    count(from, to, n) {
      const change = usageChange(from, to);
      if (!change) return;
      const cells = usageCells(change);
      add.run(to.userId, ...cells);
      addToRecount.run(to.userId, ...cells, n);
    },
  };
}

const addTo = (table: 'usage' | 'usage_recounts'): string => `INSERT INTO ${table} (user_id, ${USAGE_COLUMNS})`;
const SUMMED = `ON CONFLICT (user_id) DO UPDATE SET ${USAGE_COLUMNS.map((column) => `${column} = ${column} + excluded.${column}`)}`;

/** Rows that one transaction of a recount reads: a few milliseconds, because other writes wait for it. */
const RECOUNTED_ROWS = 2_000;
const COMPARED_OWNERS = 500;
/** Ready images of the owners that one transaction compares: some ten milliseconds, unless one owner has more. */
const COMPARED_IMAGES = 50_000;
/** Owners that one statement of the total reads: a few milliseconds, because requests wait for it. */
const SUMMED_OWNERS = 10_000;
const RETRY_AFTER_SECONDS = 2;

export function createSqliteUsage(
  database: DatabaseSync,
  writes: GroupCommit,
  defaults: DefaultLimits,
): UsageRepository {
  const { usageOf, limitsOf } = createReads(database);
  const { countsOf } = createCountReads(database);
  const putLimits = database.prepare('REPLACE INTO quotas (user_id, bytes, images, pending) VALUES (?, ?, ?, ?)');
  const removeLimits = database.prepare('DELETE FROM quotas WHERE user_id = ?');
  const owners = database.prepare(
    'SELECT user_id FROM (SELECT user_id FROM usage UNION SELECT user_id FROM quotas) WHERE user_id > ? ORDER BY user_id LIMIT ?',
  );
  const partOfTotal = database.prepare(
    `SELECT COUNT(*), SUM(images), SUM(bytes), MAX(user_id) FROM
     (SELECT user_id, images, bytes FROM usage WHERE user_id > ? ORDER BY user_id LIMIT ${SUMMED_OWNERS})`,
  );
  const anyImage = database.prepare('SELECT n FROM images LIMIT 1');
  const readCounted = database.prepare('SELECT since FROM usage_counted');
  const addCounted = database.prepare('INSERT INTO usage_counted (since) VALUES (?)');
  const removeCounted = database.prepare('DELETE FROM usage_counted');
  const recount = createRecount(database);

  const ownerUsage = (userId: string): OwnerUsage => {
    const own = limitsOf(userId);
    const [usage, byStatus] = [usageOf(userId), countsOf(userId)];
    return { userId, usage, byStatus, limits: own ?? limitsFor(defaults, userId), hasOwnLimits: own !== undefined };
  };

  return {
    countsByStatus: true,

    usageOf: async (userId) => translated(() => ownerUsage(userId)),

    async setLimits(userId, limits) {
      await writes.write(() => {
        if (limits) putLimits.run(userId, limits.bytes, limits.images, limits.pending);
        else removeLimits.run(userId);
      });
    },

    findOwners: async ({ after, limit }) =>
      translated(() => {
        const ids = allRows(owners, [after ?? '', limit + 1]).map(([id]) => String(id));
        const page = ids.slice(0, limit);
        return { owners: page.map(ownerUsage), next: ids.length > limit ? (page.at(-1) ?? null) : null };
      }),

    async totalUsage() {
      const total = { images: 0, bytes: 0 };
      if (!translated(() => firstRow(readCounted, []))) return undefined;
      for (let after = ''; ; ) {
        const from = after;
        const [owners, images, bytes, last] = translated(() => firstRow(partOfTotal, [from])) ?? [];
        total.images += Number(images);
        total.bytes += Number(bytes);
        if (Number(owners) < SUMMED_OWNERS) return total;
        after = String(last);
        await nextTurn();
      }
    },

    isEmpty: async () => translated(() => firstRow(anyImage, []) === undefined),

    async countedSince() {
      return translated(() => {
        const row = firstRow(readCounted, []);
        return row ? new Date(Number(row[0])) : recount.isBegun() ? 'being-counted' : undefined;
      });
    },

    async setCounted(since) {
      await writes.write(() => {
        removeCounted.run();
        if (since) addCounted.run(since.getTime());
        else recount.abandon();
      });
    },

    async recount(now, onRepair) {
      await writes.write(() => recount.begin());
      while (!(await writes.write(() => recount.addUp())));
      for (let after: string | null = ''; after !== null; ) {
        const from: string = after;
        const { repairs, next } = await writes.write(() => recount.compare(from));
        for (const repair of repairs) onRepair(repair);
        after = next;
      }
      await writes.write(() => {
        recount.end();
        removeCounted.run();
        addCounted.run(now.getTime());
      });
    },
  };
}

/** The steps of a recount, each within one transaction. */
function createRecount(database: DatabaseSync) {
  const { usageOf } = createReads(database);
  const counts = createCountReads(database);
  const months = createMonthReads(database);
  const readPosition = database.prepare('SELECT n FROM usage_recount_position');
  const setPosition = database.prepare('UPDATE usage_recount_position SET n = ?');
  const first = database.prepare('INSERT INTO usage_recount_position (n) VALUES (0)');
  const last = database.prepare(
    `SELECT MAX(n), COUNT(*) FROM (SELECT n FROM images WHERE n > ? ORDER BY n LIMIT ${RECOUNTED_ROWS})`,
  );
  const addRows = database.prepare(
    `${addTo('usage_recounts')}
     SELECT user_id,
       COALESCE(SUM(size_bytes) FILTER (WHERE status IN ('held', 'ready', 'trashed')), 0),
       COUNT(*) FILTER (WHERE status IN ('held', 'ready', 'trashed')),
       COALESCE(SUM(size_bytes) FILTER (WHERE status = 'trashed'), 0),
       COUNT(*) FILTER (WHERE status = 'pending'),
       COALESCE(SUM(reserved_bytes) FILTER (WHERE status = 'pending'), 0)
     FROM images WHERE n > ? AND n <= ? AND true GROUP BY user_id ${SUMMED}`,
  );
  const owners = database.prepare(
    `SELECT user_id FROM
     (SELECT user_id FROM usage UNION SELECT user_id FROM usage_recounts UNION SELECT user_id FROM image_counts
      UNION SELECT user_id FROM captured_months)
     WHERE user_id > ? ORDER BY user_id LIMIT ${COMPARED_OWNERS}`,
  );
  const recounted = database.prepare(`SELECT ${USAGE_COLUMNS} FROM usage_recounts WHERE user_id = ?`);
  const put = database.prepare(`REPLACE INTO usage (user_id, ${USAGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`);
  const removeSums = database.prepare('DELETE FROM usage_recounts');
  const removePosition = database.prepare('DELETE FROM usage_recount_position');

  /** Errors: `unavailable` if the recount was ended meanwhile: its sums are no longer those of all records. */
  const positionOf = ({ isLast }: { readonly isLast: boolean }): number => {
    const row = firstRow(readPosition, []);
    if (row && (!isLast || row[0] === EVERY_ROW)) return Number(row[0]);
    const detail =
      'expected that every process counts usage, and that nobody else recounts; got a recount that was ended meanwhile: stop processes without USAGE=on, and repeat it';
    throw new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  };

  return {
    isBegun: () => firstRow(readPosition, []) !== undefined,

    /** Continues a recount that was interrupted. */
    begin(): void {
      if (firstRow(readPosition, [])) return;
      removeSums.run();
      first.run();
    },

    /** Adds up the next rows; whether none is left. From then on every new image counts in both. */
    addUp(): boolean {
      const position = positionOf({ isLast: false });
      if (position === EVERY_ROW) return true;
      const [end, rows] = firstRow(last, [position]) ?? [];
      const isLast = Number(rows) < RECOUNTED_ROWS;
      if (typeof end === 'number') addRows.run(position, end);
      setPosition.run(isLast ? EVERY_ROW : Number(end));
      return isLast;
    },

    /** Repairs the next owners after the recount has added up all rows. */
    compare(after: string): { readonly repairs: readonly UsageRepair[]; readonly next: string | null } {
      positionOf({ isLast: true });
      const ids = allRows(owners, [after]).map(([id]) => String(id));
      let images = 0;
      const compared: string[] = [];
      const repairs = ids.flatMap((userId) => {
        if (images >= COMPARED_IMAGES) return [];
        compared.push(userId);
        counts.recount(userId);
        images += months.recount(userId);
        const row = firstRow(recounted, [userId]);
        const [before, counted] = [usageOf(userId), row ? usageIn(row) : NO_USAGE];
        if (isSameUsage(before, counted)) return [];
        put.run(userId, ...usageCells(counted));
        return [{ userId, before, after: counted }];
      });
      const isLast = ids.length < COMPARED_OWNERS && compared.length === ids.length;
      return { repairs, next: isLast ? null : (compared.at(-1) ?? null) };
    },

    end(): void {
      positionOf({ isLast: true });
      removeSums.run();
      removePosition.run();
    },

    abandon(): void {
      removeSums.run();
      removePosition.run();
    },
  };
}

/** Larger than every row number. */
const EVERY_ROW = Number.MAX_SAFE_INTEGER;

function createReads(database: DatabaseSync) {
  const usage = database.prepare(`SELECT ${USAGE_COLUMNS} FROM usage WHERE user_id = ?`);
  const limits = database.prepare('SELECT bytes, images, pending FROM quotas WHERE user_id = ?');
  return {
    usageOf(userId: string): Usage {
      const row = firstRow(usage, [userId]);
      return row ? usageIn(row) : NO_USAGE;
    },
    limitsOf(userId: string): Limits | undefined {
      const row = firstRow(limits, [userId]);
      return row && limitsIn(row);
    },
  };
}
