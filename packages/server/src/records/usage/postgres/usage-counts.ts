import { LRUCache } from 'lru-cache';
import type { Image, PendingImage } from '../../../domain/image/image.ts';
import { isUnlimited, type Limits, quotaFault } from '../../../domain/usage/quota.ts';
import type { QuotaFault } from '../../../domain/usage/quota-fault.ts';
import { plus, type Usage, usageChange, usageOf } from '../../../domain/usage/usage.ts';
import type { Statements, Transaction } from '../../postgres/database.ts';
import { limitsIn, USAGE_COLUMNS, usageCells, usageIn } from '../usage-row.ts';
import { SHARD } from './shard.ts';

/** Counts within the transaction that writes the record of an image. */
export interface UsageCounts {
  /** The record of an image was written. */
  count(transaction: Transaction, from: Image | undefined, to: Image): void;
  /**
   * Why each of the owner's new images doesn't fit, in their order; undefined: it does. An image that fits is counted
   * before those after it. Admissions of one owner wait for each other until the end of their transactions. Call it
   * before the transaction writes: otherwise two of them may deadlock.
   */
  admit(
    transaction: Transaction,
    userId: string,
    images: readonly PendingImage[],
  ): Promise<readonly (QuotaFault | undefined)[]>;
  /** Whether new images of the owner need `admit`: as of the last two seconds, and of this process's last change. */
  isLimited(userId: string): Promise<boolean>;
  /** The owner's limits were changed by this process. */
  forget(userId: string): void;
}

const ADD = `INSERT INTO usage AS standing (user_id, shard, ${USAGE_COLUMNS})
  VALUES ($1, ${SHARD}, ${USAGE_COLUMNS.map((_, index) => `$${index + 2}`)}) ON CONFLICT (user_id, shard) DO UPDATE
  SET ${USAGE_COLUMNS.map((column) => `${column} = standing.${column} + excluded.${column}`)}`;

/** Adds to the usage of an owner. */
export const addUsage = (transaction: Transaction, userId: string, change: Usage): void =>
  transaction.send(ADD, [userId, ...usageCells(change)]);

/** Instead of counting: from the first change on, the usage isn't what the records add up to. */
export function createUncounted(): Pick<UsageCounts, 'count'> {
  return {
    count(transaction, from, to) {
      if (usageChange(from, to)) transaction.send('DELETE FROM usage_counted'); // of no row it locks none
    },
  };
}

/**
 * The lock of an owner with limits: released by the commit, after which the next holder's statements see what was
 * written. Two owners of one hash wait for each other, and nothing else happens.
 */
const LOCK = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';

const STANDING = `SELECT ${USAGE_COLUMNS.map((column) => `used.${column}`)},
    quotas.user_id IS NOT NULL, quotas.bytes, quotas.images, quotas.pending
  FROM (SELECT ${USAGE_COLUMNS.map((column) => `coalesce(sum(${column}), 0) AS ${column}`)}
    FROM usage WHERE user_id = $1) AS used
  LEFT JOIN quotas ON quotas.user_id = $1`;

/** Limits count within five seconds in every process. */
const REMEMBERED_MS = 2_000;
const MAX_OWNERS = 10_000;

/** `defaults`: the limits of owners that have none of their own. */
export function createUsageCounts(
  statements: Statements,
  defaults: Limits,
  elapsedMs = () => performance.now(),
): UsageCounts {
  const remembered = new LRUCache<string, Remembered>({ max: MAX_OWNERS });

  async function readIsLimited(userId: string): Promise<boolean> {
    const [own] = await statements.rows('SELECT bytes, images, pending FROM quotas WHERE user_id = $1', [userId]);
    return !isUnlimited(own ? limitsIn(own) : defaults);
  }

  return {
    count(transaction, from, to) {
      const change = usageChange(from, to);
      if (change) addUsage(transaction, to.userId, change);
    },

    async admit(transaction, userId, images) {
      transaction.send(LOCK, [userId]);
      // A statement of its own: its snapshot is taken once the lock is held.
      const [row = []] = await transaction.rows(STANDING, [userId]);
      const [hasOwn, ...own] = row.slice(USAGE_COLUMNS.length);
      const limits = hasOwn === true ? limitsIn(own) : defaults;
      let usage = usageIn(row);
      return images.map((image) => {
        const fault = quotaFault(usage, limits, image.reservedBytes);
        if (!fault) usage = plus(usage, usageOf(image));
        return fault;
      });
    },

    async isLimited(userId) {
      const known = remembered.get(userId);
      if (known && elapsedMs() - known.readMs < REMEMBERED_MS) return known.isLimited;
      const readMs = elapsedMs(); // before the read: the limits may change while its answer is on the way
      const isLimited = readIsLimited(userId);
      remembered.set(userId, { isLimited, readMs });
      try {
        return await isLimited;
      } catch (error) {
        if (remembered.get(userId)?.isLimited === isLimited) remembered.delete(userId);
        throw error;
      }
    },

    forget(userId) {
      remembered.delete(userId);
    },
  };
}

interface Remembered {
  readonly isLimited: Promise<boolean>;
  readonly readMs: number;
}
