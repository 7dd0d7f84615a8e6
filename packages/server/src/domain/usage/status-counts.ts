import type { Image, Status } from '../image/image.ts';

/**
 * The states whose images are counted. DynamoDB removes records of other states by itself, so no count follows them.
 */
export const COUNTED_STATUSES = ['pending', 'held', 'ready', 'trashed'] as const satisfies readonly Status[];
export type CountedStatus = (typeof COUNTED_STATUSES)[number];

/** How many images one owner has in each counted state. */
export type StatusCounts = Readonly<Record<CountedStatus, number>>;

export const NO_IMAGES: StatusCounts = { pending: 0, held: 0, ready: 0, trashed: 0 };

export const isCounted = (status: Status): status is CountedStatus =>
  COUNTED_STATUSES.some((counted) => counted === status);

/** What one record counts for. Depends on the record alone, so that a recount gives the same. */
export const countsOf = ({ status }: Pick<Image, 'status'>): StatusCounts =>
  isCounted(status) ? { ...NO_IMAGES, [status]: 1 } : NO_IMAGES;

export const plusCounts = (one: StatusCounts, other: StatusCounts): StatusCounts => ({
  pending: one.pending + other.pending,
  held: one.held + other.held,
  ready: one.ready + other.ready,
  trashed: one.trashed + other.trashed,
});

export const isSameCounts = (one: StatusCounts, other: StatusCounts): boolean =>
  COUNTED_STATUSES.every((status) => one[status] === other[status]);
