import { invalidUsersOf, stateOf } from '../../domain/access/api-key.ts';
import { userIdFault } from '../../domain/access/user-id.ts';
import type { Services } from '../../services.ts';

/** The newest: a start reads no more of a table. */
const MAX_KEYS = 1_000;
const MAX_LISTED = 20;

type CheckServices = Pick<Services, 'keys' | 'clock' | 'observe'>;

/** Warns of each live key that is refused because of its users, whom a restored backup has brought. */
export async function checkKeyUsers(services: CheckServices): Promise<void> {
  for (const sentence of await sentencesOf(services)) services.observe({ event: 'warning', sentence });
}

async function sentencesOf({ keys, clock }: CheckServices): Promise<readonly string[]> {
  // No reason to stop: requests tell whether keys can be read.
  const page = await keys.find({ owner: undefined, after: undefined, limit: MAX_KEYS }).catch(String);
  if (typeof page === 'string') return [`expected a list of the API keys; got ${page}`];
  const now = clock.now();
  const refused = page.keys.filter((key) => stateOf(key, now) === 'live' && invalidUsersOf(key).length > 0);
  if (refused.length === 0) return [];
  const listed = refused.slice(0, MAX_LISTED).map((key) => {
    const faults = invalidUsersOf(key).slice(0, MAX_LISTED).map(userIdFault).join(', ');
    return `The API key ${key.id} is refused: ${faults}: create a key for other users`;
  });
  const others = refused.length - listed.length;
  return [
    ...listed,
    ...(others > 0 ? [`${others} more API keys are refused because of their users`] : []),
    ...(page.next === null ? [] : [`Only the newest ${MAX_KEYS} API keys were checked`]),
  ];
}
