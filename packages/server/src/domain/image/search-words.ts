/** Combining Diacritical Marks: `é` is `e` and one of these (NFKD). Vowel signs of other scripts are letters here. */
const DIACRITICS = /[\u0300-\u036f]/g;
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;

/**
 * The distinct words of a text: runs of letters and digits, case-folded and without diacritics. Indexes contain these words, so a
 * change needs a migration that fills them again.
 */
export const wordsIn = (text: string): readonly string[] => [...new Set(folded(text).match(WORDS) ?? [])];

/** Upper case first, so that `ß` is `ss`. Both small sigmas are one letter. */
const folded = (text: string): string =>
  text.normalize('NFKD').toUpperCase().toLowerCase().replace(DIACRITICS, '').replaceAll('ς', 'σ');

/** What a search reads of an image. */
export interface Searched {
  readonly filename: string;
  readonly description: string | null;
}

export const searchedWords = ({ filename, description }: Searched): readonly string[] =>
  wordsIn(`${filename} ${description ?? ''}`);

/** Whether each of `words`, as `wordsIn` returns them, begins some word of the image. */
export const hasWords = (image: Searched, words: readonly string[]): boolean => {
  const own = searchedWords(image);
  return words.every((word) => own.some((one) => one.startsWith(word)));
};
