import { formatName } from '@safelight/client';
import { FAVORITE } from '../favorites/favorite.ts';
import type { LibraryQuery } from '../library/library-query.ts';
import { monthText, numberText } from '../ui/formats.ts';
import { type Findable, quoted, readText, type Token, tokensOf } from './find-text.ts';

/** One of the rows below the field. */
export interface Suggestion {
  readonly label: string;
  readonly about: string;
  /** The text of the field once it is chosen. */
  readonly text: string;
  /** Whether the text is complete, so that the pictures are shown. */
  readonly isWhole: boolean;
}

export interface SuggestedTag {
  readonly tag: string;
  /** undefined: nobody has counted them. */
  readonly images: number | undefined;
  /** There are more of them. */
  readonly isMore: boolean;
}

/** More are found by more letters. */
const MOST = 8;
/** A word is perhaps meant as a word. */
const MOST_BESIDE_WORDS = 4;

/** The part of a text that is being typed. */
export function lastToken(text: string): Token | undefined {
  const last = tokensOf(text).at(-1);
  return last && last.start + last.text.length === text.length ? last : undefined;
}

/** How the tags begin that the text may mean; undefined: none is meant. */
export function tagPrefixOf(text: string): string | undefined {
  const token = lastToken(text);
  if (!token || (token.name !== undefined && token.name !== 'tag')) return undefined;
  return token.name === undefined && token.isQuoted ? undefined : token.value;
}

export function suggestionsFor(
  text: string,
  {
    findable,
    query,
    tags,
  }: { readonly findable: Findable; readonly query: LibraryQuery; readonly tags: readonly SuggestedTag[] },
): readonly Suggestion[] {
  const token = lastToken(text);
  const before = text.slice(0, token?.start ?? text.length);
  const whole = (label: string, about: string, part: string): Suggestion => ({
    label,
    about,
    text: before + part,
    isWhole: true,
  });
  const start = (label: string, about: string): Suggestion => ({ label, about, text: before + label, isWhole: false });
  const ofTags = tags
    .filter(({ tag }) => !query.tags.includes(tag))
    .map(({ tag, images, isMore }) => whole(tag, countOf(images, isMore), `tag:${quoted(tag)}`));
  const typesBeginning = (beginning: string): readonly Suggestion[] => {
    const begun = [...findable.types].filter(([name]) => name.startsWith(beginning)).map(([, type]) => type);
    return [...new Set(begun)].map((type) => whole(formatName(type), 'Type', `type:${type.slice('image/'.length)}`));
  };
  const visibilities = findable.maySearch
    ? [whole('Public', 'Visibility', 'public'), whole('Private', 'Visibility', 'private')]
    : [];

  const favorites = query.tags.includes(FAVORITE)
    ? []
    : [whole('Favorites', 'Pictures with a star', `tag:${FAVORITE}`)];

  if (!token)
    return [
      ...favorites,
      start('tag:', 'Pictures with a tag'),
      start('type:', 'Pictures of a type'),
      whole(monthText(monthNow()), 'Pictures of a month', monthNow()),
      ...visibilities,
    ];
  const typed = token.value.toLowerCase();
  if (token.name === 'tag') return ofTags.slice(0, MOST);
  if (token.name === 'type') return typesBeginning(typed).slice(0, MOST);
  if (token.name !== undefined || token.isQuoted) return [];
  const { month } = readText(text, findable).query;
  const isTyped = ({ label }: Suggestion): boolean => label.toLowerCase().startsWith(typed);
  return [
    ...(month === undefined ? [] : [{ label: monthText(month), about: 'Month', text, isWhole: true }]),
    ...ofTags.slice(0, MOST_BESIDE_WORDS),
    ...favorites.filter(isTyped),
    ...typesBeginning(typed),
    ...visibilities.filter(isTyped),
    ...['tag:', 'type:'].filter((one) => one.startsWith(typed)).map((one) => start(one, 'Then a name')),
  ].slice(0, MOST);
}

const countOf = (images: number | undefined, isMore: boolean): string => {
  if (images === undefined) return 'Tag';
  return `Tag · ${numberText(images)}${isMore ? '+' : ''}`;
};

function monthNow(): string {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}`;
}
