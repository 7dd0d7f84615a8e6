/**
 * `later`: refused with Retry-After. `cut`: a truncated body that its reader can detect. `stale`: correct a moment ago.
 */
export type Outcome = 'done' | 'later' | 'cut' | 'stale' | `wrong: ${string}`;

export const isOk = ({ ok }: Response): boolean => ok;

export async function outcomeOf(
  response: Response,
  isDone: (response: Response) => Promise<boolean> | boolean = isOk,
): Promise<Outcome> {
  const text = response.clone();
  if (await isDone(response)) return 'done';
  const isTold = response.status === 503 && /^\d+$/.test(response.headers.get('retry-after') ?? '');
  if (isTold || response.status === 507) return 'later';
  return `wrong: ${response.status} ${await text.text()}`;
}
