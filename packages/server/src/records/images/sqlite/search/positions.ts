import { firstIdAt } from '../../../../domain/image/image-id.ts';
import { AFTER_ALL, BEFORE_ALL, type ListRange } from '../../list-range.ts';

/**
 * FTS5 sorts by row number only, so the row number of an image is its position: the 48 bits of its creation time, and a
 * number that distinguishes the images of one millisecond.
 */
const SLOT_BITS = 15n;
const LAST_SLOT = (1n << SLOT_BITS) - 1n;
const LAST_MS = (1n << 48n) - 1n;

/** Inclusive. */
export interface Positions {
  readonly first: bigint;
  readonly last: bigint;
}

/** The positions of one millisecond. */
export const positionsAt = (ms: bigint): Positions => ({ first: ms << SLOT_BITS, last: (ms << SLOT_BITS) | LAST_SLOT });

/** The positions of these ids, and of others of the first and the last millisecond. */
export const positionsOf = ({ from, to }: ListRange): Positions => ({
  first: positionsAt(from === BEFORE_ALL ? 0n : msOf(from)).first,
  last: positionsAt(to === AFTER_ALL ? LAST_MS : msOf(to)).last,
});

/** The ids of these positions. */
export const idsOf = ({ first, last }: Positions): ListRange => ({
  from: firstIdIn(msAt(first)),
  to: msAt(last) === LAST_MS ? AFTER_ALL : firstIdIn(msAt(last) + 1n),
});

const firstIdIn = (ms: bigint): string => firstIdAt(new Date(Number(ms)));

export const msAt = (position: bigint): bigint => position >> SLOT_BITS;

/** The creation time in an id (RFC 9562 5.7). */
export const msOf = (id: string): bigint => BigInt(`0x${id.slice(0, 8)}${id.slice(9, 13)}`);
