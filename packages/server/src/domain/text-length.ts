/** A text this many times longer than allowed is not counted to its end. */
const COUNTED = 8;

/**
 * What is wrong with the length of a text, in code points; undefined when nothing is. Code units come first, since counting
 * a text reads it: the time taken depends on `max` only.
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
