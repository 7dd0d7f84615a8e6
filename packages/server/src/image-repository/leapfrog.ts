import type { ImageId } from '../domain/image-id.ts';
import { type IdRange, type Order, rangeBehind, rangeStartingAt } from './id-range.ts';

/** The first image within `range`, in the list's order, that carries `tag`. One read. */
export type Seek<Found> = (tag: string, range: IdRange) => Found | undefined;

export interface Search {
  /** Two or more, each once. */
  readonly tags: readonly string[];
  readonly range: IdRange;
  readonly order: Order;
  readonly limit: number;
  /** Reads after which a search gives up, once it has got anywhere: one image is always decided. */
  readonly readBudget: number;
}

/** `next` as in a `Page`. */
export interface Intersection<Found> {
  readonly found: readonly Found[];
  readonly next: ImageId | null;
}

/**
 * The images that carry all of the tags, by leapfrog (Veldhuizen, "Leapfrog Triejoin", 2014): the tags take turns, each
 * seeking from where the one before it arrived. Whatever one tag lacks is skipped in all, so a rare tag, or tags used at
 * different times, cost few reads; the budget is for tags that keep missing each other narrowly.
 */
export function intersect<Found extends { readonly id: ImageId }>(
  { tags, range, order, limit, readBudget }: Search,
  seek: Seek<Found>,
): Intersection<Found> {
  const found: Found[] = [];
  let ahead = range;
  let candidate: Found | undefined;
  let agreed = 0;
  /** Of this image and all before it we know whether they match. */
  let decided: ImageId | null = null;
  let reads = 0;

  for (;;) {
    for (const tag of tags) {
      if (reads >= readBudget && decided !== null) return { found, next: decided };
      reads += 1;
      const reached = seek(tag, ahead);
      if (reached === undefined) return { found, next: null };

      if (reached.id === candidate?.id) {
        agreed += 1;
      } else {
        decided = candidate?.id ?? decided;
        candidate = reached;
        agreed = 1;
      }
      ahead = rangeStartingAt(range, candidate.id, order);
      if (agreed < tags.length) continue;

      const last = found.at(-1);
      if (last && found.length === limit) return { found, next: last.id };
      found.push(candidate);
      decided = candidate.id;
      ahead = rangeBehind(range, candidate.id, order);
      candidate = undefined;
    }
  }
}
