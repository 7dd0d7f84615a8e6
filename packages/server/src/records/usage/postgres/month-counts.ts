import type { Image } from '../../../domain/image/image.ts';
import { type Month, type MonthCount, monthOf } from '../../../domain/lists/months.ts';
import type { MonthsQuery } from '../../images/image-repository.ts';
import { SHARD } from '../../postgres/counter-shard.ts';
import type { Statements, Transaction } from '../../postgres/database.ts';

/** In place of a user: no user id is empty. */
const ALL_OWNERS = '';
const AFTER_ALL = 'g';

const ADD = `INSERT INTO captured_months AS standing (user_id, month, shard, images)
  SELECT user_id, month, ${SHARD}, images
  FROM unnest($1::text[], $2::text[], $3::bigint[]) AS change (user_id, month, images)
  ON CONFLICT (user_id, month, shard) DO UPDATE SET images = standing.images + excluded.images`;

const MONTHS = `SELECT month, sum(images) FROM captured_months WHERE user_id = $1 AND month < $2
  GROUP BY month HAVING sum(images) > 0 ORDER BY month DESC LIMIT $3`;

/** How many images more an owner has of a month. */
export type MonthChange = readonly [month: Month, images: number];

/**
 * Counts ready images by month of capture, of each owner and of all, within the transaction that writes their record.
 */
export function changeMonthCounts(transaction: Transaction, from: Image | undefined, to: Image): void {
  const [before, after] = [monthIn(from), monthIn(to)];
  if (before === after) return;
  const changes: MonthChange[] = [];
  if (before !== undefined) changes.push([before, -1]);
  if (after !== undefined) changes.push([after, 1]);
  addMonthCounts(transaction, to.userId, changes);
}

const monthIn = (image: Image | undefined): Month | undefined =>
  image?.status === 'ready' ? monthOf(image) : undefined;

/**
 * Adds to the counts of an owner and of all owners. Rows are locked in the order of their keys, so that no two
 * transactions deadlock.
 */
export function addMonthCounts(transaction: Transaction, userId: string, changes: readonly MonthChange[]): void {
  if (changes.length === 0) return;
  const sorted = changes.toSorted(([one], [other]) => (one < other ? -1 : 1));
  const rows = [ALL_OWNERS, userId].flatMap((owner) => sorted.map(([month, images]) => ({ owner, month, images })));
  const parameters = [rows.map(({ owner }) => owner), rows.map(({ month }) => month), rows.map(({ images }) => images)];
  transaction.send(ADD, parameters);
}

/** As `ImageRepository.months`. */
export async function monthsOf(
  statements: Statements,
  { userId = ALL_OWNERS, before, limit }: MonthsQuery,
): Promise<readonly MonthCount[]> {
  const rows = await statements.rows(MONTHS, [userId, before ?? AFTER_ALL, limit]);
  return rows.map(([month, images]) => ({ month: String(month) as Month, images: Number(images) }));
}
