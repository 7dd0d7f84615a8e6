import { ALL, type LibraryQuery, soundQuery } from '../library/library-query.ts';

/** What the service can be asked for. */
export interface Findable {
  readonly maySearch: boolean;
  /** By the names that people type, such as `jpg`, in lower case. */
  readonly types: ReadonlyMap<string, string>;
  /** By the name of a month in lower case, from 1. */
  readonly months: ReadonlyMap<string, number>;
}

/** What a text in the field asks for. */
export interface Asked {
  readonly query: LibraryQuery;
  /** A picture to open. */
  readonly image: string | undefined;
  /** Parts that the service doesn't find by. */
  readonly unknown: readonly string[];
}

/** A word, `name:value` or a value in quotes. */
export interface Token {
  /** `tag` of `tag:sea`, in lower case. */
  readonly name: string | undefined;
  readonly value: string;
  readonly isQuoted: boolean;
  /** Where it begins in the text, and the text of it. */
  readonly start: number;
  readonly text: string;
}

const NAMES = ['tag', 'type', 'month', 'visibility', 'id'];
const TOKEN = /(\p{L}+):(?=\s|$)|(?:(\p{L}+):)?(?:"((?:[^"\\]|\\.)*)"?|(\S+))/gu;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const YEAR = /^\d{4}$/;

/** A colon after another name belongs to the word: `12:30`. */
export function tokensOf(text: string): readonly Token[] {
  return [...text.matchAll(TOKEN)].map(({ 0: whole, 1: alone, 2: before, 3: quoted, 4: plain = '', index: start }) => {
    const name = (before ?? alone)?.toLowerCase();
    const isName = name !== undefined && NAMES.includes(name);
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    const prefix = before ?? alone;
    return {
      name: isName ? name : undefined,
      value: isName || prefix === undefined ? value : `${prefix}:${value}`,
      isQuoted: quoted !== undefined,
      start,
      text: whole,
    };
  });
}

/** As `tokensOf` reads it again. */
export const quoted = (value: string): string =>
  /^[^\s"\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;

export function readText(text: string, findable: Findable): Asked {
  const tokens = tokensOf(text);
  const words: string[] = [];
  const unknown: string[] = [];
  let query = ALL;
  let image: string | undefined;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (!token || (token.value === '' && token.name !== undefined)) continue;
    const next = tokens[index + 1];
    const isPlain = token.name === undefined && !token.isQuoted;
    const month = monthIn(token, next, findable);
    if (month && (isPlain || token.name === 'month')) {
      query = { ...query, month: month.month };
      index += month.tokens - 1;
    } else if (token.name === 'tag') query = { ...query, tags: [...query.tags, token.value] };
    else if (isVisibility(token) && (isPlain || token.name === 'visibility') && findable.maySearch)
      query = { ...query, visibility: token.value.toLowerCase() as 'public' | 'private' };
    else if (token.name === 'type' && findable.types.has(token.value.toLowerCase()))
      query = { ...query, type: findable.types.get(token.value.toLowerCase()) };
    else if (UUID.test(token.value) && (isPlain || token.name === 'id')) image = token.value.toLowerCase();
    else if (token.name === undefined && findable.maySearch) words.push(token.value);
    else unknown.push(token.text);
  }
  const sound = soundQuery({ ...query, words: words.join(' ') });
  if (words.length > 0 && sound.words === undefined) unknown.push(...words);
  unknown.push(...query.tags.filter((tag) => soundQuery({ ...ALL, tags: [tag] }).tags.length === 0));
  return { query: sound, image, unknown };
}

const isVisibility = ({ value }: Token): boolean => ['public', 'private'].includes(value.toLowerCase());

/** `2024-07`, `July 2024` or `2024 July`, with how many tokens it takes. */
function monthIn(
  token: Token,
  next: Token | undefined,
  { months }: Findable,
): { readonly month: string; readonly tokens: number } | undefined {
  if (/^\d{4}-\d{2}$/.test(token.value)) {
    const { month } = soundQuery({ ...ALL, month: token.value });
    return month === undefined ? undefined : { month, tokens: 1 };
  }
  const numberOf = (one: Token): number | undefined => months.get(one.value.toLowerCase().replace(/\.$/, ''));
  if (!next || next.name !== undefined || next.isQuoted) return undefined;
  const [year, number] = YEAR.test(token.value) ? [token.value, numberOf(next)] : [next.value, numberOf(token)];
  if (number === undefined || !YEAR.test(year)) return undefined;
  const { month } = soundQuery({ ...ALL, month: `${year}-${String(number).padStart(2, '0')}` });
  return month === undefined ? undefined : { month, tokens: 2 };
}

/** Both together: what is asked for besides what was; later words alone if all of them are too many. */
export function added(query: LibraryQuery, more: LibraryQuery): LibraryQuery {
  const words = [query.words, more.words].filter((one) => one !== undefined);
  const both = soundQuery({
    words: words.join(' '),
    tags: [...query.tags, ...more.tags],
    type: more.type ?? query.type,
    month: more.month ?? query.month,
    visibility: more.visibility ?? query.visibility,
  });
  return { ...both, words: both.words ?? more.words };
}

/** The names of months, long and short, in those languages. */
export function monthNames(locales: readonly string[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const locale of locales)
    for (const month of ['long', 'short'] as const) {
      const format = new Intl.DateTimeFormat(locale, { month, timeZone: 'UTC' });
      for (let number = 1; number <= 12; number += 1)
        names.set(
          format
            .format(Date.UTC(2024, number - 1))
            .toLowerCase()
            .replace(/\.$/, ''),
          number,
        );
    }
  return names;
}
