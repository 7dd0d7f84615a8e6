import fc from 'fast-check';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { Direction, ListPosition } from '../../domain/lists/list-position.ts';
import type { Row, Rows } from '../images/dynamodb/lists/rows.ts';
import type { Chunk } from '../images/dynamodb/lists/walk.ts';
import { type ListRange, rangeOf } from '../images/list-range.ts';

export const EVERYTHING: ListRange = rangeOf({ status: 'ready', tags: [], tagMode: 'all', order: 'newest', limit: 1 });

export const orders = fc.constantFrom('newest' as const, 'oldest' as const);

/** Few ids, so that partitions have some in common. */
export const idAt = (place: number): ImageId =>
  `018bcfe5-6800-7000-8000-${place.toString(16).padStart(12, '0')}` as ImageId;

export const someIds: fc.Arbitrary<ImageId[]> = fc.uniqueArray(fc.integer({ min: 0, max: 40 }).map(idAt), {
  maxLength: 30,
  size: 'max',
});

export const inOrder = (ids: Iterable<ImageId>, order: Direction): ImageId[] => {
  const sorted = [...ids].sort();
  return order === 'oldest' ? sorted : sorted.reverse();
};

export interface PartitionInMemory {
  readonly readChunk: (range: ListRange) => Promise<Chunk>;
  readonly reads: () => number;
}

/**
 * Answers like DynamoDB, with at most `size` rows; after exactly `size` rows it announces more, even if none follow.
 */
export function partitionOf(
  ids: readonly ImageId[],
  { order, size }: { order: Direction; size: number },
): PartitionInMemory {
  let reads = 0;
  return {
    reads: () => reads,
    async readChunk({ from, to }) {
      reads += 1;
      const within = inOrder(ids, order).filter((id) => from <= id && id < to);
      return { rows: within.slice(0, size).map(rowOf), isLast: within.length < size };
    },
  };
}

export const rowOf = (id: ImageId): Row => ({ at: id, id, facet: 'T#ada#red' });

/** The rows of a source, and its end position. */
export interface Drained {
  readonly ids: ImageId[];
  readonly end: ListPosition | null;
}

export async function drained(rows: Rows): Promise<Drained> {
  const ids: ImageId[] = [];
  for (;;) {
    const step = await rows.next();
    if (step.done) return { ids, end: step.value };
    ids.push(step.value.id);
  }
}
