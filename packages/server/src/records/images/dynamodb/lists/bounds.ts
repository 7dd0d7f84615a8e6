import type { IdRange } from '../../id-range.ts';

/** Inclusive bounds for BETWEEN; undefined if nothing lies between them. */
export function bounds({ from, to }: IdRange): { first: string; last: string } | undefined {
  const first = from === '' ? BEFORE_ALL_IDS : from; // a key is never empty
  const last = lastBefore(to);
  return first <= last ? { first, last } : undefined;
}

const BEFORE_ALL_IDS = '0';

/** Sorts before `to` and after every other such text of hex digits and dashes. */
const lastBefore = (to: string): string =>
  `${to.slice(0, -1)}${String.fromCharCode(to.charCodeAt(to.length - 1) - 1)}${BEHIND_HEX}`;

const BEHIND_HEX = '~';
