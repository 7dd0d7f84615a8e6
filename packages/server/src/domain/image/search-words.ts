import type { Details, Facts } from '../facts/facts.ts';

/** Combining Diacritical Marks: `é` is `e` and one of these (NFKD). Vowel signs of other scripts are letters here. */
const DIACRITICS = /[\u0300-\u036f]/g;
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;

/** Runs of marks, and of the letters that NFKD turns into marks. */
const MARKS = /[\p{M}\uff9e\uff9f]+/gu;

/** In code points (UAX 15, Stream-Safe Text Format): NFKD sorts a run in quadratic time. */
const MAX_MARKS = 30;

/**
 * In code units. NFKD makes up to 18 letters of one; a filename and a description of Hangul, of which it makes three,
 * fit.
 */
const MAX_FOLDED_LENGTH = 8_192;

/** An index changes all terms of an image in one transaction, for which other writes wait. */
export const MAX_SEARCHED_WORDS = 100;

/**
 * The distinct words of a text: runs of letters and digits, case-folded and without diacritics. Indexes contain these
 * words, so a change needs a migration that fills them again. A Node with another version of Unicode is such a change.
 */
export const wordsIn = (text: string): readonly string[] => [...new Set(folded(text).match(WORDS) ?? [])];

/** Upper case first, so that `ß` is `ss`. Both small sigmas are one letter. */
const folded = (text: string): string =>
  text
    .replace(MARKS, fewMarks)
    .normalize('NFKD')
    .slice(0, MAX_FOLDED_LENGTH)
    .toUpperCase()
    .toLowerCase()
    .replace(DIACRITICS, '')
    .replaceAll('ς', 'σ');

const fewMarks = (run: string): string => (run.length <= MAX_MARKS ? run : [...run].slice(0, MAX_MARKS).join(''));

/** What its users say of an image. */
export interface Searched {
  readonly filename: string;
  readonly description: string | null;
}

/** What the picture says that a search reads. */
export interface SaidByPicture {
  readonly facts: Pick<Facts, 'camera'> | null;
  readonly details: Pick<Details, 'title' | 'keywords'> | null;
}

/** The words by which an image is found: at most `MAX_SEARCHED_WORDS` altogether. */
export interface ImageWords {
  readonly users: readonly string[];
  /** Those that its users don't say. */
  readonly picture: readonly string[];
}

/** `said`: for callers that see the facts of a picture. */
export function searchedWords({ filename, description }: Searched, said?: SaidByPicture): ImageWords {
  const users = wordsIn(`${filename} ${description ?? ''}`).slice(0, MAX_SEARCHED_WORDS);
  const { facts, details } = said ?? { facts: null, details: null };
  const texts = [details?.title, facts?.camera, ...(details?.keywords ?? [])];
  const picture = wordsIn(texts.filter((text) => typeof text === 'string').join(' '));
  const others = picture.filter((word) => !users.includes(word));
  return { users, picture: others.slice(0, MAX_SEARCHED_WORDS - users.length) };
}

/** Whether each of `words`, as `wordsIn` returns them, begins a searched word of the image. */
export const hasWords = (image: Searched, words: readonly string[], said?: SaidByPicture): boolean => {
  const { users, picture } = searchedWords(image, said);
  const beginsOne = (word: string) => (own: string) => own.startsWith(word);
  return words.every((word) => users.some(beginsOne(word)) || picture.some(beginsOne(word)));
};
