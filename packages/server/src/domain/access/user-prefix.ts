import { preview } from '../../text/preview.ts';
import { userIdFault } from './user-id.ts';

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
  if (text === '')
    return 'expected a prefix of at least 1 character; got none, which is every user: use acts_as ["*"] for everyone';
  if (text.endsWith('*'))
    return `expected a prefix without "*" at its end, which stands for no other text; got ${preview(text)}`;
  return userIdFault(text)?.replace('a user id', 'a prefix');
}
