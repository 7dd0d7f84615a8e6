import { LONGEST_TAG } from '../library/library-query.ts';

/** Why a text can't be a tag, in words; undefined: it can. */
export function tagProblem(tag: string): string | undefined {
  if (tag === '') return 'Type a tag.';
  if ([...tag].length > LONGEST_TAG) return `A tag has at most ${LONGEST_TAG} characters.`;
  return /\p{Cc}/u.test(tag) ? 'A tag has no control characters.' : undefined;
}
