import type { DatabaseSync } from 'node:sqlite';
import type { Image, Status } from '../../../domain/image/image.ts';
import {
  COUNTED_STATUSES,
  type CountedStatus,
  isCounted,
  NO_IMAGES,
  type StatusCounts,
} from '../../../domain/usage/status-counts.ts';
import { allRows, type Row } from '../../sqlite/rows.ts';

/** Counts images by status within the running transaction, also without `USAGE=on`. */
export interface ImageCounts {
  /** The record of an image was written. */
  changed(from: Image | undefined, to: Image): void;
}

export function createImageCounts(database: DatabaseSync): ImageCounts {
  const add = database.prepare(
    `INSERT INTO image_counts (user_id, status, images) VALUES (?, ?, ?)
     ON CONFLICT (user_id, status) DO UPDATE SET images = images + excluded.images`,
  );
  return {
    changed(from, to) {
      if (from?.status === to.status) return;
      if (from && isCounted(from.status)) add.run(to.userId, from.status, -1);
      if (isCounted(to.status)) add.run(to.userId, to.status, 1);
    },
  };
}

/** Reads and repairs the counts of one owner. */
export function createCountReads(database: DatabaseSync) {
  const stored = database.prepare('SELECT status, images FROM image_counts WHERE user_id = ?');
  const counted = database.prepare(
    `SELECT status, COUNT(*) FROM images WHERE user_id = ? AND status IN (${COUNTED_STATUSES.map(() => '?')}) GROUP BY status`,
  );
  const remove = database.prepare('DELETE FROM image_counts WHERE user_id = ?');
  const put = database.prepare('INSERT INTO image_counts (user_id, status, images) VALUES (?, ?, ?)');
  const countsOf = (userId: string): StatusCounts => countsIn(allRows(stored, [userId]));
  return {
    countsOf,

    /** Counts the records of the owner: 20 ms for 500,000 of them. */
    recount(userId: string): void {
      remove.run(userId);
      for (const [status, images] of allRows(counted, [userId, ...COUNTED_STATUSES]))
        put.run(userId, String(status), Number(images));
    },
  };
}

const countsIn = (rows: readonly Row[]): StatusCounts => {
  const counts: Record<CountedStatus, number> = { ...NO_IMAGES };
  for (const [status, images] of rows) {
    const known = String(status) as Status;
    if (isCounted(known)) counts[known] = Number(images);
  }
  return counts;
};
