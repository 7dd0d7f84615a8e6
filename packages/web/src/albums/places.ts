import type { Position } from '../library/position.ts';

/** Bits of a place below its milliseconds: so often a place can be halved. */
const FRACTION = 80n;
/** Noon of a day: no album is so long that its places reach another day, in any time zone. */
const FIRST = BigInt(new Date(2020, 0, 15, 12).getTime()) << FRACTION;
const STEP = 1n << FRACTION;

/** The month of all places, for the heights of what isn't loaded. */
export const MONTH = '2020-01';

const textOf = (place: bigint): Position => {
  const hex = place.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
};
const placeOf = (position: Position): bigint => BigInt(`0x${position.replace('-', '')}`);

/** As many positions as asked for between two of them, the greatest first. undefined: there is no such neighbour. */
export function positionsBetween(
  above: Position | undefined,
  below: Position | undefined,
  count: number,
): readonly Position[] {
  const steps = BigInt(count + 1);
  const to = above === undefined ? (below === undefined ? FIRST : placeOf(below) + STEP * steps) : placeOf(above);
  const from = below === undefined ? to - STEP * steps : placeOf(below);
  return Array.from({ length: count }, (_, index) => textOf(to - ((to - from) * BigInt(index + 1)) / steps));
}

/** Positions for a list, the greatest first. A picture keeps the one that it has, as far as the order allows that. */
export function positionsOf(ids: readonly string[], known: ReadonlyMap<string, Position>): readonly Position[] {
  const result: Position[] = [];
  let waiting = 0;
  const place = (below: Position | undefined): void => {
    result.push(...positionsBetween(result.at(-1), below, waiting));
    waiting = 0;
  };
  for (const id of ids) {
    const at = known.get(id);
    const last = result.at(-1);
    if (at === undefined || (last !== undefined && at >= last)) {
      waiting += 1;
      continue;
    }
    place(at);
    result.push(at);
  }
  place(undefined);
  return result;
}
