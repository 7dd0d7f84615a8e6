import { unexpected } from './answer.ts';
import type { Api, ApiRequest } from './api.ts';

/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next one begins; null after the last. */
  readonly next: string | null;
}

/** The service's largest page. */
const MOST_ITEMS = 1_000;
/** The service's cursors have up to 1,024. */
const LONGEST_CURSOR = 2_048;
/** A list with filters may have many: each is what one request may read. */
const MOST_EMPTY = 100_000;
const MOST_IN_LIST = 100_000_000;

/**
 * The pages of a list, from a cursor on or from the start. `field` has the items of an answer. Errors: those of `ask`,
 * and `unexpected-answer` for an answer that isn't a page, a cursor that comes again, and a list without an end.
 */
export async function* pagesOf<Item extends object>(
  field: string,
  ask: (cursor: string | undefined) => Promise<unknown>,
  from?: string,
): AsyncGenerator<Page<Item>, void, void> {
  let cursor = from;
  let [empty, count] = [0, 0];
  /** One earlier cursor, a later one after 1, 2, 4, 8 ... pages, meets every circle (Brent's algorithm). */
  let [earlier, pages, limit] = ['', 0, 1];
  for (;;) {
    const page = pageIn<Item>(await ask(cursor), field);
    yield page;
    if (page.next === null) return;
    count += page.items.length;
    empty = page.items.length === 0 ? empty + 1 : 0;
    if (page.next === earlier || empty > MOST_EMPTY || count > MOST_IN_LIST) throw unexpected('a last page');
    pages += 1;
    if (pages === limit) [earlier, limit] = [page.next, 2 * limit];
    cursor = page.next;
  }
}

/** The items of a list of the API, page by page as they are needed. */
export async function* listOf<Item extends object>(
  api: Pick<Api, 'json'>,
  field: string,
  path: string,
  { signal, ...query }: Pick<ApiRequest, 'signal'>,
): AsyncGenerator<Item, void, void> {
  const ask = (cursor: string | undefined) => api.json(path, { query: { ...query, cursor }, signal });
  for await (const { items } of pagesOf<Item>(field, ask)) yield* items;
}

function pageIn<Item extends object>(answer: unknown, field: string): Page<Item> {
  const { [field]: items, next_cursor: next } = Object(answer) as Readonly<Record<string, unknown>>;
  const isPage = Array.isArray(items) && items.length <= MOST_ITEMS && items.every((item) => Object(item) === item);
  if (!isPage) throw unexpected(`at most ${MOST_ITEMS} ${field}`);
  if (next !== null && (typeof next !== 'string' || next === '' || next.length > LONGEST_CURSOR))
    throw unexpected('a cursor or null');
  return { items, next };
}
