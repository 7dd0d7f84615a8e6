import type { ListRange } from '../../list-range.ts';

/** Inclusive bounds for BETWEEN; undefined if nothing lies between them. */
export function bounds({ from, to }: ListRange): { first: string; last: string } | undefined {
  const first = from === '' ? FIRST_KEY : from; // a key is never empty
  const last = lastBefore(to);
  return first <= last ? { first, last } : undefined;
}

const FIRST_KEY = '0';

/** Sorts before `to` and after every other such text of hex digits and dashes. */
const lastBefore = (to: string): string =>
  `${to.slice(0, -1)}${String.fromCharCode(to.charCodeAt(to.length - 1) - 1)}${BEHIND_HEX}`;

const BEHIND_HEX = '~';
