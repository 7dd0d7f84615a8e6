import type { Limits } from '../../domain/usage/quota.ts';
import type { Usage } from '../../domain/usage/usage.ts';
import type { Row } from '../images/image-row.ts';

/** The columns of a usage, in row order. */
export const USAGE_COLUMNS = ['bytes', 'images', 'trashed_bytes', 'pending', 'reserved_bytes'] as const;

type UsageCells = [bytes: number, images: number, trashedBytes: number, pending: number, reservedBytes: number];

export const usageCells = ({ bytes, images, trashedBytes, pending, reservedBytes }: Usage): UsageCells => [
  bytes,
  images,
  trashedBytes,
  pending,
  reservedBytes,
];

/** Parses a row that begins with `USAGE_COLUMNS`. */
export const usageIn = ([bytes, images, trashedBytes, pending, reservedBytes]: Row): Usage => ({
  bytes: Number(bytes),
  images: Number(images),
  trashedBytes: Number(trashedBytes),
  pending: Number(pending),
  reservedBytes: Number(reservedBytes),
});

/** Parses a row that begins with the columns `bytes`, `images` and `pending`. */
export const limitsIn = ([bytes, images, pending]: Row): Limits => ({
  bytes: limitIn(bytes),
  images: limitIn(images),
  pending: limitIn(pending),
});

const limitIn = (cell: unknown): number | null => (typeof cell === 'number' ? cell : null);
