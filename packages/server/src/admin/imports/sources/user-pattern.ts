/** The user whom a path names; undefined: the path doesn't match the pattern. */
export type UserPattern = (path: string) => string | undefined;

/** For messages about a wrong one. */
export const USER_PATTERN_FORM =
  'one {user}, and {rest} behind it as the end, as {user}/{rest} or u-{user}/photos/{rest}';

const PATTERN = /^([^{}]*)\{user\}([^{}]+)\{rest\}$/;

/**
 * Parses a pattern such as `{user}/{rest}`. `{user}` matches at least one character and no `/`, `{rest}` at least one
 * of any. Undefined if `text` is no pattern.
 */
export function parseUserPattern(text: string): UserPattern | undefined {
  const [, start, middle] = PATTERN.exec(text) ?? [];
  if (start === undefined || middle === undefined) return undefined;
  return (path) => {
    if (!path.startsWith(start)) return undefined;
    const end = path.indexOf(middle, start.length + 1);
    if (end < 0 || end + middle.length >= path.length) return undefined;
    const user = path.slice(start.length, end);
    return user.includes('/') ? undefined : user;
  };
}
