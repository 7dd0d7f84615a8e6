import { type Image, isStored } from '../image/image.ts';

/*
 * What one record counts for: a pending image its reservation, a ready or trashed one its size, any other nothing. A
 * repository with `USAGE=on` adds the difference of both states in the transaction that writes the record, so a
 * transition counts exactly once or isn't written.
 *
 * - A grant (operations/uploads/create-upload.ts) stores `reservedBytes`. The repository refuses it if the owner's
 *   limits don't hold with it: SQLite reads them in the transaction (records/usage/sqlite/usage.ts), PostgreSQL too,
 *   under a lock of the owner (records/usage/postgres/usage-counts.ts), DynamoDB makes them a condition of the owner's
 *   item (records/usage/dynamodb/usage-counts.ts).
 * - Finalize refuses bytes beyond the reservation, so ready never adds to bytes and reserved bytes together. No
 *   transition is refused.
 * - A recount (records/usage/dynamodb/recount.ts) adds up all records while they change, and replaces the usage.
 * - A start (operations/checks/check-counted.ts) with `USAGE=on` needs records that are counted; one without forgets
 *   that they are.
 */

/** What the records of one owner add up to. */
export interface Usage {
  /** The bytes of originals, held and trashed ones included. Renditions don't count. */
  readonly bytes: number;
  readonly images: number;
  /** The part of `bytes` that is in the trash. */
  readonly trashedBytes: number;
  readonly pending: number;
  /** The bytes that pending uploads may still store. */
  readonly reservedBytes: number;
}

export const NO_USAGE: Usage = { bytes: 0, images: 0, trashedBytes: 0, pending: 0, reservedBytes: 0 };

/** What one record counts for. Depends on the record alone, so that a recount gives the same. */
export function usageOf(image: Image): Usage {
  if (image.status === 'pending') return { ...NO_USAGE, pending: 1, reservedBytes: image.reservedBytes };
  if (!isStored(image)) return NO_USAGE;
  const { sizeBytes: bytes } = image;
  return { ...NO_USAGE, images: 1, bytes, trashedBytes: image.status === 'trashed' ? bytes : 0 };
}

/** The change of its owner's usage by a transition; undefined: none. */
export function usageChange(from: Image | undefined, to: Image): Usage | undefined {
  const [before, after] = [from ? usageOf(from) : NO_USAGE, usageOf(to)];
  const change = minus(after, before);
  return Object.values(change).some((value) => value !== 0) ? change : undefined;
}

export const plus = (one: Usage, other: Usage): Usage => combined(one, other, (a, b) => a + b);

export const minus = (one: Usage, other: Usage): Usage => combined(one, other, (a, b) => a - b);

export const isSameUsage = (one: Usage, other: Usage): boolean =>
  Object.values(minus(one, other)).every((value) => value === 0);

const combined = (one: Usage, other: Usage, operation: (one: number, other: number) => number): Usage => ({
  bytes: operation(one.bytes, other.bytes),
  images: operation(one.images, other.images),
  trashedBytes: operation(one.trashedBytes, other.trashedBytes),
  pending: operation(one.pending, other.pending),
  reservedBytes: operation(one.reservedBytes, other.reservedBytes),
});
