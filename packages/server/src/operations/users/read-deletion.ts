import type { Deletion } from '../../domain/user/deletion.ts';
import { userHashOf } from '../../domain/user/user-hash.ts';
import type { Services } from '../../services.ts';

/** The latest deletion of the user; undefined: there was none. */
export async function readDeletion(
  { erasures }: Pick<Services, 'erasures'>,
  userId: string,
): Promise<Deletion | undefined> {
  const key = await erasures.key();
  return key === undefined ? undefined : erasures.deletion(userHashOf(key, userId));
}
