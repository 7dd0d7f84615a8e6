import { LRUCache } from 'lru-cache';
import type { Image, PendingImage } from '../../../domain/image/image.ts';
import {
  askedBy,
  type DefaultLimits,
  isUnlimited,
  type Limits,
  limitsFor,
  quotaFault,
} from '../../../domain/usage/quota.ts';
import type { QuotaFault } from '../../../domain/usage/quota-fault.ts';
import { plus, type Usage, usageChange, usageOf } from '../../../domain/usage/usage.ts';
import { SHARD } from '../../postgres/counter-shard.ts';
import type { Transaction } from '../../postgres/database.ts';
import { limitsIn, USAGE_COLUMNS, usageCells, usageIn } from '../usage-row.ts';

/** Counts within the transaction that writes the record of an image. */
export interface UsageCounts {
  /** The record of an image was written. */
  count(transaction: Transaction, from: Image | undefined, to: Image): void;
  /**
   * Whether the new image fits, by all that was committed, and by the images that fitted before in this
   * `transaction`, counted by then or not. Call it before the transaction writes: it sends its statements at once,
   * and of two that lock in another order one may be a deadlock's victim. After `again` the transaction must be
   * rolled back and repeated: this process has just learnt that the owner has limits.
   */
  admit(transaction: Transaction, image: PendingImage): Promise<Admission>;
  /**
   * Whether `admit` locks the owner until the end of the transaction, as far as this process knows: grants of such an
   * owner wait for each other.
   */
  isLimited(userId: string): boolean;
}

export type Admission = QuotaFault | 'fits' | 'again';

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

const OWN_LIMITS = 'SELECT bytes, images, pending FROM quotas WHERE user_id = $1';

/** Owners whose limits were seen to differ from the configured ones in whether there are any. */
const MAX_OWNERS = 10_000;

/** `defaults`: the limits of owners that have none of their own. */
export function createUsageCounts(defaults: DefaultLimits): UsageCounts {
  const isLimitedByDefault = (userId: string): boolean => !isUnlimited(limitsFor(defaults, userId));
  /** Each transaction reads the owner's limits, so what is remembered may be wrong: the transaction corrects it. */
  const exceptions = new LRUCache<string, true>({ max: MAX_OWNERS });
  const standings = new WeakMap<Transaction, Promise<Standing>>();

  const isLimited = (userId: string): boolean => exceptions.has(userId) !== isLimitedByDefault(userId);
  const learn = (userId: string, limits: Limits): void => {
    if (isUnlimited(limits) === isLimitedByDefault(userId)) exceptions.set(userId, true);
    else exceptions.delete(userId);
  };

  async function lock(transaction: Transaction, userId: string): Promise<Standing> {
    transaction.send(LOCK, [userId]);
    // A statement of its own: its snapshot is taken once the lock is held.
    const [row = []] = await transaction.rows(STANDING, [userId]);
    const [hasOwn, ...own] = row.slice(USAGE_COLUMNS.length);
    const limits = hasOwn === true ? limitsIn(own) : limitsFor(defaults, userId);
    learn(userId, limits);
    return { limits, usage: usageIn(row) };
  }

  /** Transactions admit images of one owner. */
  function standingOf(transaction: Transaction, userId: string): Promise<Standing> {
    const known = standings.get(transaction) ?? lock(transaction, userId);
    standings.set(transaction, known);
    return known;
  }

  return {
    count(transaction, from, to) {
      const change = usageChange(from, to);
      if (change) addUsage(transaction, to.userId, change);
    },

    async admit(transaction, image) {
      const { userId } = image;
      if (!isLimited(userId)) {
        const [own] = await transaction.rows(OWN_LIMITS, [userId]);
        const limits = own ? limitsIn(own) : limitsFor(defaults, userId);
        learn(userId, limits);
        return isUnlimited(limits) ? 'fits' : 'again';
      }
      const standing = await standingOf(transaction, userId);
      const fault = quotaFault(standing.usage, standing.limits, askedBy(image));
      if (!fault) standing.usage = plus(standing.usage, usageOf(image));
      return fault ?? 'fits';
    },

    isLimited,
  };
}

/** What the owner of a transaction's images may use, and uses with those that were admitted. */
interface Standing {
  readonly limits: Limits;
  usage: Usage;
}
