import { type Deletion, hasFoundNothing } from '../../domain/user/deletion.ts';
import { userHashOf } from '../../domain/user/user-hash.ts';
import type { Services } from '../../services.ts';

/** The latest deletion of the user; undefined: there was none, or it found nothing. */
export async function readDeletion(
  { erasures }: Pick<Services, 'erasures'>,
  userId: string,
): Promise<Deletion | undefined> {
  const key = await erasures.key();
  const deletion = key === undefined ? undefined : await erasures.deletion(userHashOf(key, userId));
  return deletion && !hasFoundNothing(deletion) ? deletion : undefined;
}
