import { prefixesOfUser } from '../../domain/image/object-key.ts';
import { bookmarkOf, walkBefore } from '../upkeep/orphan-walk.ts';
import type { DeletionServices } from './user-services.ts';

/** The walk through all objects may stand at one of the user's, whose key has the user's id: it begins anew then. */
export async function forgetPosition(
  { coordination, clock }: Pick<DeletionServices, 'coordination' | 'clock'>,
  userId: string,
): Promise<void> {
  const position = await coordination.bookmark('orphans');
  const walk = walkBefore(position, prefixesOfUser(userId), clock.now());
  if (walk) await coordination.setBookmark('orphans', bookmarkOf(walk));
}
