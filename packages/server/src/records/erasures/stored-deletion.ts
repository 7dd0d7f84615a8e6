import type { ImageId } from '../../domain/image/image-id.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { type Deletion, type DeletionCounts, NOTHING_REMOVED } from '../../domain/user/deletion.ts';

/** The form of a deletion in both stores, but for its user's hash. */
export const deletionJson = ({ userHash: _, ...deletion }: Deletion): string => JSON.stringify(deletion);

/** Errors: TypeError. */
export function deletionIn(userHash: string, json: string): Deletion {
  const read = JSON.parse(json) as Record<keyof Deletion, unknown>;
  return {
    userHash,
    userId: typeof read.userId === 'string' ? read.userId : null,
    startedAt: timeIn(read.startedAt),
    blockedUntil: timeIn(read.blockedUntil),
    urlsEndAt: timeIn(read.urlsEndAt),
    endedAt: read.endedAt === null ? null : timeIn(read.endedAt),
    askedBy: typeof read.askedBy === 'string' ? read.askedBy : null, // earlier versions don't write it
    counts: { ...NOTHING_REMOVED, ...(read.counts as DeletionCounts) },
  };
}

/** Ids of images, separated by spaces. */
export const idsText = (ids: readonly ImageId[]): string => ids.join(' ');

/** Errors: TypeError. */
export const idsIn = (text: string): ImageId[] =>
  text.split(' ').flatMap((id) => (id === '' ? [] : (parseImageId(id) ?? unexpected('the id of an image'))));

function timeIn(value: unknown): Date {
  const time = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(time.getTime()) ? unexpected('a time') : time;
}

const unexpected = (expected: string): never => {
  throw new TypeError(`expected ${expected} in the record of an erasure; got something else`);
};
