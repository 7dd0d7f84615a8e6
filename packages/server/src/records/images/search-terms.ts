import { hash } from 'node:crypto';
import type { SearchFilter } from '../../domain/image/image-filter.ts';
import type { ImageWords } from '../../domain/image/search-words.ts';

/** Hex digits: 128 bits of SHA-256. No two users share them, and every term begins with as many. */
export const OWNER_LENGTH = 32;

/** In code points. Words that share such a beginning are distinguished by the records. */
export const LONGEST_BEGINNING = 8;

const ownerOf = (userId: string): string => hash('sha256', userId).slice(0, OWNER_LENGTH);

/** What pictures say has terms of its own: the pages and the time of a search without them don't tell of any. */
const picturesOf = (userId: string): string => ownerOf(`${userId}\0pictures`);

/**
 * The terms of an image in the index: each beginning of each word, behind its owner. A prefix query of FTS5 would merge
 * the rows of every word with that prefix; with beginnings as terms it reads one list, in order.
 */
export function termsOf(userId: string, { users, picture }: ImageWords): ReadonlySet<string> {
  const terms = new Set<string>();
  addBeginnings(terms, ownerOf(userId), users);
  if (picture.length > 0) addBeginnings(terms, picturesOf(userId), picture);
  return terms;
}

function addBeginnings(terms: Set<string>, owner: string, words: readonly string[]): void {
  for (const word of words) {
    let term = owner;
    for (const letter of beginningOf(word)) {
      term += letter;
      terms.add(term);
    }
  }
}

/** The terms by one of which an owner's image with a word is found, as `wordsIn` returns it. */
export function termsOfWord(
  userId: string,
  word: string,
  { searchesFacts }: Pick<SearchFilter, 'searchesFacts'>,
): readonly string[] {
  const beginning = beginningOf(word).join('');
  return [ownerOf(userId), ...(searchesFacts ? [picturesOf(userId)] : [])].map((owner) => `${owner}${beginning}`);
}

/** The FTS5 query for them. A word has no quote and no space, so each part of the query is one term. */
export const matchOf = (...word: Parameters<typeof termsOfWord>): string =>
  termsOfWord(...word)
    .map((term) => `"${term}"`)
    .join(' OR ');

const beginningOf = (word: string): readonly string[] =>
  [...word.slice(0, 2 * LONGEST_BEGINNING)].slice(0, LONGEST_BEGINNING);
