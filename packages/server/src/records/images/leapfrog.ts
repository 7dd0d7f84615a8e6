import type { Direction, ListPosition } from '../../domain/lists/list-position.ts';
import { type ListRange, rangeBehind, rangeStartingAt } from './list-range.ts';

export interface Search<Key> {
  /** One key per list to intersect. */
  readonly keys: readonly Key[];
  readonly range: ListRange;
  readonly direction: Direction;
  /** 1 or more; Infinity for a caller that stops by itself. */
  readonly limit: number;
  /** Asked before each read. A search without budget stops as soon as it has decided at least one image. */
  readonly isSpent: (key: Key, range: ListRange) => boolean;
}

/** `next` as in a `Page`. */
export interface Intersection<Found> {
  readonly found: readonly Found[];
  readonly next: ListPosition | null;
}

/** A read, answered by the first image of `key`'s list within `range`, in the list's order; or a match. */
export type Step<Key, Found> =
  | { readonly kind: 'seek'; readonly key: Key; readonly range: ListRange }
  | { readonly kind: 'match'; readonly found: Found };

/** An image in one of the lists. */
type Placed = { readonly at: ListPosition };

/**
 * Intersects lists by leapfrog join (Veldhuizen, "Leapfrog Triejoin", 2014): each list in turn seeks from the position
 * of the one before. Images missing in one list are skipped in all, so a rare tag, or tags used at different times,
 * cost few reads; the budget is for lists that narrowly miss each other. Returns a page's `next`.
 */
export function* leapfrog<Key, Found extends Placed>({
  keys,
  range,
  direction,
  limit,
  isSpent,
}: Search<Key>): Generator<Step<Key, Found>, ListPosition | null, Found | undefined> {
  let ahead = range;
  let candidate: Found | undefined;
  let agreed = 0;
  /** All images up to this one are decided. */
  let decided: ListPosition | null = null;
  let matches = 0;
  let lastMatch: ListPosition | null = null;

  for (;;) {
    for (const key of keys) {
      if (decided !== null && isSpent(key, ahead)) return decided;
      const reached = yield { kind: 'seek', key, range: ahead };
      if (reached === undefined) return null;

      if (reached.at === candidate?.at) {
        agreed += 1;
      } else {
        decided = candidate?.at ?? decided;
        candidate = reached;
        agreed = 1;
      }
      ahead = rangeStartingAt(range, candidate.at, direction);
      if (agreed < keys.length) continue;

      if (matches === limit) return lastMatch;
      matches += 1;
      lastMatch = candidate.at;
      decided = candidate.at;
      ahead = rangeBehind(range, candidate.at, direction);
      yield { kind: 'match', found: candidate };
      candidate = undefined;
    }
  }
}

/** A page of matches, with synchronous reads. */
export function intersect<Key, Found extends Placed>(
  search: Search<Key>,
  seek: (key: Key, range: ListRange) => Found | undefined,
): Intersection<Found> {
  const steps = leapfrog<Key, Found>(search);
  const found: Found[] = [];
  let step = steps.next();
  while (!step.done) {
    const { value } = step;
    if (value.kind === 'match') found.push(value.found);
    step = steps.next(value.kind === 'seek' ? seek(value.key, value.range) : undefined);
  }
  return { found, next: step.value };
}

/** Matches, each read when it is pulled. Returns a page's `next`. */
export async function* pullMatches<Key, Found extends Placed>(
  search: Search<Key>,
  seek: (key: Key, range: ListRange) => Promise<Found | undefined>,
): AsyncGenerator<Found, ListPosition | null, void> {
  const steps = leapfrog<Key, Found>(search);
  let step = steps.next();
  while (!step.done) {
    const { value } = step;
    if (value.kind === 'match') yield value.found;
    step = steps.next(value.kind === 'seek' ? await seek(value.key, value.range) : undefined);
  }
  return step.value;
}
