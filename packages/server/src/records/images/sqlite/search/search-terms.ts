import { hash } from 'node:crypto';
import { type Searched, searchedWords } from '../../../../domain/image/search-words.ts';

/** Hex digits: 128 bits of SHA-256. No two users share them, and every term begins with as many. */
export const OWNER_LENGTH = 32;

/** In code points. Words that share such a beginning are distinguished by the records. */
export const LONGEST_BEGINNING = 8;

const ownerOf = (userId: string): string => hash('sha256', userId).slice(0, OWNER_LENGTH);

/**
 * The terms of an image in the index: each beginning of each word, behind its owner. A prefix query of FTS5 would merge
 * the rows of every word with that prefix; with beginnings as terms it reads one list, in order.
 */
export function termsOf(userId: string, searched: Searched): ReadonlySet<string> {
  const owner = ownerOf(userId);
  const terms = new Set<string>();
  for (const word of searchedWords(searched)) {
    let term = owner;
    for (const letter of beginningOf(word)) {
      term += letter;
      terms.add(term);
    }
  }
  return terms;
}

/**
 * The FTS5 query for an owner's images with a word, as `wordsIn` returns it. A word has no quote and no space, so the
 * query is one term.
 */
export const matchOf = (userId: string, word: string): string => `"${ownerOf(userId)}${beginningOf(word).join('')}"`;

const beginningOf = (word: string): readonly string[] =>
  [...word.slice(0, 2 * LONGEST_BEGINNING)].slice(0, LONGEST_BEGINNING);
