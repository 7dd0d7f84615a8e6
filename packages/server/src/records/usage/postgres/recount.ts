import { randomUUID } from 'node:crypto';
import { AppError } from '../../../domain/errors.ts';
import { isSameUsage, minus } from '../../../domain/usage/usage.ts';
import type { Postgres } from '../../postgres/database.ts';
import type { UsageRepository } from '../usage-repository.ts';
import { addImageCounts } from './image-counts.ts';
import { addMonthCounts } from './month-counts.ts';
import { ownersAfter } from './owners.ts';
import { type OwnerSums, type SumsOfOwners, sumsOfCounters, sumsOfRecords } from './sums.ts';
import { addUsage } from './usage-counts.ts';

/** Owners that one snapshot compares: few, because it keeps old versions of rows until it ends. */
const OWNERS = 25;
const RETRY_AFTER_SECONDS = 2;

const BEGIN = `INSERT INTO usage_counted (n, recount) VALUES (1, $1)
  ON CONFLICT (n) DO UPDATE SET recount = excluded.recount`;
const COUNTED = ['images', 'usage', 'image_counts', 'captured_months'] as const;
const STANDS = 'SELECT n FROM usage_counted WHERE recount = $1';
const HOLD = `${STANDS} FOR SHARE`;
const END = 'UPDATE usage_counted SET since = $2, recount = NULL WHERE recount = $1';

/**
 * Repairs the counters of one owner after another. A record and its counters change in one transaction, so in every
 * snapshot the difference between them is the error. The error is added to the counters, which stays right whatever was
 * written since the snapshot.
 *
 * - A recount has a name, which stands in `usage_counted` while it runs. A repair shares the lock of that row until its
 *   commit, so the next recount takes over between two repairs, and no error is added twice.
 * - A process that doesn't count removes the row in the transaction that writes a record, and the recount fails. The
 *   recount begins by locking the table, and so waits for such transactions that found no row: they hold the table too.
 * - The row is never replaced by another: a removal that waits for the end of a recount finds the row as it is then.
 */
export function createRecount(postgres: Postgres): UsageRepository['recount'] {
  /** What the counters say and what the records add up to, at one moment. */
  const sumsOf = (owners: readonly string[], name: string): Promise<readonly [SumsOfOwners, SumsOfOwners]> =>
    postgres.snapshot(async (statements) => {
      const [standing, ...sums] = await Promise.all([
        statements.rows(STANDS, [name]),
        sumsOfCounters(statements, owners),
        sumsOfRecords(statements, owners),
      ]);
      if (standing.length === 0) throw ended();
      return sums;
    });

  async function repair(userId: string, { sums, right, name }: Repair): Promise<void> {
    const statuses = differences(sums.byStatus, right.byStatus);
    const months = differences(sums.byMonth, right.byMonth);
    const isSame = isSameUsage(sums.usage, right.usage);
    if (statuses.length === 0 && months.length === 0 && isSame) return;
    await postgres.transaction(async (transaction) => {
      addImageCounts(transaction, userId, statuses);
      addMonthCounts(transaction, userId, months);
      if (!isSame) addUsage(transaction, userId, minus(right.usage, sums.usage));
      // Last, as a process that doesn't count removes the row after its counters: neither waits for the other in turn.
      const standing = await transaction.rows(HOLD, [name]);
      if (standing.length === 0) throw ended();
    });
  }

  return async (now, onRepair) => {
    const name = randomUUID();
    await postgres.transaction(async (transaction) => {
      transaction.send('LOCK TABLE usage_counted IN SHARE ROW EXCLUSIVE MODE');
      transaction.send(BEGIN, [name]);
    });
    for (let after: string | undefined = ''; after !== undefined; ) {
      const owners: readonly string[] = await ownersAfter(postgres, COUNTED, { after, limit: OWNERS });
      const [before, counted] = await sumsOf(owners, name);
      for (const userId of owners) {
        const [sums, right] = [before.get(userId), counted.get(userId)];
        if (!(sums && right)) continue;
        await repair(userId, { sums, right, name });
        if (!isSameUsage(sums.usage, right.usage)) onRepair({ userId, before: sums.usage, after: right.usage });
      }
      after = owners.length < OWNERS ? undefined : owners.at(-1);
    }
    if ((await postgres.change(END, [name, now.getTime()])) === 0) throw ended();
  };
}

interface Repair {
  readonly sums: OwnerSums;
  readonly right: OwnerSums;
  readonly name: string;
}

const differences = <Key>(before: ReadonlyMap<Key, number>, after: ReadonlyMap<Key, number>): [Key, number][] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .map((key): [Key, number] => [key, (after.get(key) ?? 0) - (before.get(key) ?? 0)])
    .filter(([, difference]) => difference !== 0);

const ended = (): AppError => {
  const expected = 'expected that every process counts usage, and that nobody else recounts';
  const got = 'got a recount that was ended meanwhile: stop processes without USAGE=on, and repeat it';
  return new AppError('unavailable', `${expected}; ${got}`, { retryAfterSeconds: RETRY_AFTER_SECONDS });
};
