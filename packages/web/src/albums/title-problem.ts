/** In code points, as the service allows. */
const LONGEST = 200;

/** Why the service would refuse a title, in a sentence. */
export function titleProblem(title: string): string | undefined {
  if (title === '') return 'An album needs a title.';
  if ([...title].length > LONGEST) return `A title has at most ${LONGEST} characters.`;
  return /\p{Cc}/u.test(title) ? 'A title has no control characters.' : undefined;
}
