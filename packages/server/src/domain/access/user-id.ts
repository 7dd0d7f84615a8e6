import { preview } from '../../text/preview.ts';
import { lengthFault } from '../../text/text-length.ts';

/** Longest user id, in code points. */
export const MAX_USER_ID_LENGTH = 128;

/**
 * What people see of a text; U+00AD and others are invisible without being format characters, and U+2800 is the blank
 * of Braille.
 */
const VISIBLE = /[^\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
const OUTER_SPACE = /^\s|\s$/u;

/**
 * Why a text names no user; undefined: it does. HTTP strips the spaces around a header's value, and readers of invalid
 * UTF-8 put U+FFFD for any bytes: with either, two texts would name one user. Ids are compared by code unit: those that
 * only look the same differ.
 */
export function userIdFault(text: string): string | undefined {
  if (text === '') return 'expected a user id of at least 1 character; got none';
  const fault = userTextFault(text);
  if (fault !== undefined) return fault;
  if (text.includes('\ufffd')) return `expected a user id in valid Unicode; got ${preview(text)}`;
  if (!VISIBLE.test(text)) return `expected a user id with a visible character; got ${preview(text)}`;
  if (OUTER_SPACE.test(text)) return `expected a user id without white space at its ends; got ${preview(text)}`;
  return undefined;
}

/** The fault of a user id that an open service believes. The rule is looser, for the ids of its earlier clients. */
export function userTextFault(text: string): string | undefined {
  const tooLong = lengthFault(text, MAX_USER_ID_LENGTH);
  if (tooLong !== undefined) return tooLong;
  if (!text.isWellFormed()) return `expected well-formed Unicode; got ${preview(text)}`;
  return /\p{Cc}/u.test(text) ? `expected no control characters; got ${preview(text)}` : undefined;
}

/** Prefixes of one key or token. */
export const MAX_PREFIXES = 20;

/**
 * The users whose ids begin with one of the texts, code point by code point: no case is folded, and no Unicode form is
 * normalized. A prefix that is an id itself is one of them.
 */
export interface UsersByPrefix {
  readonly prefixes: readonly string[];
}

export const isByPrefix = (users: unknown): users is UsersByPrefix =>
  typeof users === 'object' && users !== null && 'prefixes' in users;

/** Both texts are well-formed, so equal code units are equal code points. */
export const beginsWithAny = (userId: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => userId.startsWith(prefix));

/** Why a text is no prefix of users; undefined: it is one. The rules are those of user ids. */
export function prefixFault(text: string): string | undefined {
  if (text === '') return 'expected a prefix of at least 1 character; got none, which would be every user';
  if (text.endsWith('*'))
    return `expected a prefix without "*" at its end, which stands for no other text; got ${preview(text)}`;
  return userIdFault(text)?.replace('a user id', 'a prefix');
}
