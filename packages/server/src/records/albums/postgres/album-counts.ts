import type { Album } from '../../../domain/album/album.ts';
import type { AlbumId } from '../../../domain/album/album-id.ts';
import { albumNotFound } from '../../../domain/errors.ts';
import { COUNTER_SHARDS, SHARD } from '../../postgres/counter-shard.ts';
import type { Statements, Transaction } from '../../postgres/database.ts';

/*
 * An album has eight counters, which add up to its rows. The transaction that writes or removes rows changes one
 * counter of each album, and holds it until it commits: so many writers of an album don't wait for each other.
 * Counters are locked in the order of their key, by every statement here, so writers of several albums can't deadlock.
 */

const ADD = `
  INSERT INTO album_counts (album_id, shard, images)
  SELECT changed.album_id, ${SHARD}, changed.images FROM unnest($1::text[], $2::bigint[]) AS changed (album_id, images)
  ORDER BY changed.album_id COLLATE "C"
  ON CONFLICT (album_id, shard) DO UPDATE SET images = album_counts.images + excluded.images`;

const SUMS = 'SELECT album_id, sum(images) FROM album_counts WHERE album_id = ANY ($1) GROUP BY album_id';

/** Locks all counters of a shown album, also those that don't exist yet. */
const LOCK_ALL = `
  INSERT INTO album_counts (album_id, shard, images)
  SELECT id, shard, 0 FROM albums CROSS JOIN generate_series(0, ${COUNTER_SHARDS - 1}) AS shard
  WHERE id = $1 AND state = 'shown' ORDER BY shard
  ON CONFLICT (album_id, shard) DO UPDATE SET images = album_counts.images
  RETURNING images`;

const COUNT_ROWS = `
  UPDATE album_counts
  SET images = CASE shard WHEN 0 THEN (SELECT count(*) FROM album_rows WHERE album_id = $1) ELSE 0 END
  WHERE album_id = $1 RETURNING images`;

/** Sends the statement that adds to the counts, within the transaction that writes the rows. */
export function addToCounts(transaction: Transaction, changes: ReadonlyMap<AlbumId, 1 | -1>): void {
  if (changes.size === 0) return;
  transaction.send(ADD, [[...changes.keys()], [...changes.values()]]);
}

/** How many rows each album has; an album that nobody counts has none. */
export async function countsOf(statements: Statements, ids: readonly AlbumId[]): Promise<readonly number[]> {
  if (ids.length === 0) return [];
  const rows = await statements.rows(SUMS, [ids]);
  const counts = new Map(rows.map(([id, images]) => [String(id), Number(images)]));
  return ids.map((id) => counts.get(id) ?? 0);
}

/**
 * Sets the counters of an album to the number of its rows. Once all are locked, each writer has either committed both
 * its rows and its count, which the second statement sees, or adds to the new count later. Errors: `album-not-found` if
 * the album is deleted.
 */
export async function recountAlbum(
  transaction: Transaction,
  { id }: Pick<Album, 'id'>,
): Promise<{ readonly images: number; readonly was: number }> {
  const [before, after] = await Promise.all([transaction.rows(LOCK_ALL, [id]), transaction.rows(COUNT_ROWS, [id])]);
  if (before.length === 0) throw albumNotFound();
  return { images: sumOf(after), was: sumOf(before) };
}

const sumOf = (rows: readonly (readonly unknown[])[]): number =>
  rows.reduce((sum, [images]) => sum + Number(images), 0);
