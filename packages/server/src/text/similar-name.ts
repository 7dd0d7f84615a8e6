import { preview } from './preview.ts';

/** Longer names aren't compared: none of ours has as many characters. */
const LONGEST = 64;

/** Whether one edit turns one into the other: a character inserted, removed or replaced, or two neighbors swapped. */
export function isOneEditApart(one: string, other: string): boolean {
  const [shorter, longer] = one.length <= other.length ? [one, other] : [other, one];
  if (longer.length - shorter.length > 1 || longer.length > LONGEST) return false;
  let start = 0;
  while (start < shorter.length && shorter[start] === longer[start]) start++;
  if (start === longer.length) return false; // equal
  const [less, more] = [shorter.slice(start), longer.slice(start)];
  if (less.length < more.length) return less === more.slice(1);
  return less.slice(1) === more.slice(1) || swapped(less) === more;
}

/** Swaps the first two characters. */
const swapped = (text: string): string => `${text[1] ?? ''}${text[0] ?? ''}${text.slice(2)}`;

/** Shorter names are parts of, and one edit away from, too many others. */
const SHORTEST = 3;

/** Which of `names` was probably meant: equal except for case and separators, one edit away, or a part of the other. */
export function similarName(given: string, names: readonly string[]): string | undefined {
  if (given.length > LONGEST) return undefined;
  const plain = plainly(given);
  return (
    names.find((name) => plainly(name) === plain) ??
    (plain.length < SHORTEST ? undefined : names.find((name) => isOneEditApart(plain, plainly(name)))) ??
    names.find((name) => isPart(plain, plainly(name)))
  );
}

/** The end of an error message for an unknown name; '' if nothing is similar. */
export function didYouMean(given: string, names: readonly string[]): string {
  const name = similarName(given, names);
  return name === undefined ? '' : `: did you mean \`${name}\`?`;
}

/** The error of a name that isn't one of `names`. */
export const unknownName = (given: string, names: readonly string[]): string =>
  `expected ${names.length > 0 ? `one of ${names.join(', ')}` : 'no name'}; got ${preview(given)}${didYouMean(given, names)}`;

const plainly = (name: string): string => name.toLowerCase().replaceAll(/[^a-z\d]/g, '');

function isPart(one: string, other: string): boolean {
  const [shorter, longer] = one.length <= other.length ? [one, other] : [other, one];
  return shorter.length >= SHORTEST && (longer.startsWith(shorter) || longer.endsWith(shorter));
}
