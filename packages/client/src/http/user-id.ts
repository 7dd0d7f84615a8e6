/** A character that one can see: not white space, a control character, or one that nothing is drawn for. */
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * Errors: TypeError for a name that stands for nobody, such as that of an unset variable, or that a service would read
 * as another's.
 */
export function requireUserId(userId: unknown, where: string): asserts userId is string {
  const isName =
    typeof userId === 'string' &&
    VISIBLE.test(userId) &&
    userId.trim() === userId &&
    userId.isWellFormed() &&
    !/\p{Cc}/u.test(userId);
  if (isName) return;
  throw new TypeError(
    `expected ${where} as the name of a user, without outer spaces; got ${JSON.stringify(userId) ?? typeof userId}`,
  );
}

/** A header's bytes have no encoding that everyone agrees on (RFC 9110 5.5), and its outer spaces are cut. */
export const isHeaderText = (userId: string): boolean => /^[\x20-\x7e]*$/.test(userId);
