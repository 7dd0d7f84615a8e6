import { dayOf } from './days.ts';
import { AFTER_ALL, BEFORE_ALL } from './position.ts';
import type { Page } from './segments.ts';

/** Fewer pictures than about three rows have. */
const FRAGMENT = 12;

/**
 * A page without the first few pictures of a day whose others are on the next page. Blocks are laid out one by one, so
 * a day's few would be a row with a hole. The next page has them again.
 */
export function withoutFragments(page: Page): Page {
  const { pictures } = page;
  const days = pictures.map(({ at }) => dayOf(at));
  const isCutBelow = page.from !== BEFORE_ALL && page.from === pictures.at(-1)?.at;
  const isCutAbove = page.to !== AFTER_ALL && page.to === pictures[0]?.at;
  const below = isCutBelow ? days.length - days.indexOf(days.at(-1) ?? 0) : 0;
  const above = isCutAbove ? days.lastIndexOf(days[0] ?? 0) + 1 : 0;
  const end = below < FRAGMENT ? days.length - below : days.length;
  const begin = above < FRAGMENT ? above : 0;
  const kept = pictures.slice(begin, end);
  const [first, last] = [kept[0], kept.at(-1)];
  if (!first || !last) return page;
  return {
    pictures: kept,
    to: begin > 0 ? first.at : page.to,
    from: end < days.length ? last.at : page.from,
  };
}
