import type { Image } from '../../../domain/image/image.ts';
import { type CountedStatus, isCounted } from '../../../domain/usage/status-counts.ts';
import { SHARD } from '../../postgres/counter-shard.ts';
import type { Transaction } from '../../postgres/database.ts';

const ADD = `INSERT INTO image_counts AS standing (user_id, status, shard, images)
  SELECT $1, status, ${SHARD}, images FROM unnest($2::text[], $3::bigint[]) AS change (status, images)
  ON CONFLICT (user_id, status, shard) DO UPDATE SET images = standing.images + excluded.images`;

/** How many images more an owner has in a state. */
export type CountChange = readonly [status: CountedStatus, images: number];

/** Counts images by status within the transaction that writes their record, also without `USAGE=on`. */
export function changeImageCounts(transaction: Transaction, from: Image | undefined, to: Image): void {
  if (from?.status === to.status) return;
  const changes: CountChange[] = [];
  if (from && isCounted(from.status)) changes.push([from.status, -1]);
  if (isCounted(to.status)) changes.push([to.status, 1]);
  addImageCounts(transaction, to.userId, changes);
}

/** Adds to the counts of an owner. Rows are locked in the order of their keys, so that no two transactions deadlock. */
export function addImageCounts(transaction: Transaction, userId: string, changes: readonly CountChange[]): void {
  if (changes.length === 0) return;
  const sorted = changes.toSorted(([one], [other]) => (one < other ? -1 : 1));
  transaction.send(ADD, [userId, sorted.map(([status]) => status), sorted.map(([, images]) => images)]);
}
