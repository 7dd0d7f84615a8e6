/** A text longer than this multiple of the limit isn't counted to its end. */
const COUNTED = 8;

/**
 * The error of a text's length in code points; undefined if it is valid. Code units are compared first, because
 * counting code points reads the text: the time depends only on `max`.
 */
export function lengthFault(text: string, max: number): string | undefined {
  if (text.length <= max) return undefined;
  if (text.length > max * COUNTED) return `expected at most ${max} characters; got more`;
  const length = codePoints(text);
  return length > max ? `expected at most ${max} characters; got ${length}` : undefined;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
