import type { ImageId } from '../../domain/image/image-id.ts';
import type { Deletion } from '../../domain/user/deletion.ts';
import { MAX_ERASED_IDS } from '../../domain/user/erasure.ts';
import type { DeletionServices } from './user-services.ts';

/**
 * Adds the images to the erasures of the deletion. Returns the ids of all its images, also of those that earlier
 * attempts found.
 */
export async function noteErasures(
  { erasures, newId }: Pick<DeletionServices, 'erasures' | 'newId'>,
  { userHash, startedAt, blockedUntil }: Deletion,
  found: readonly ImageId[],
): Promise<readonly ImageId[]> {
  const noted = (await erasures.of(userHash)).filter(({ erasedAt }) => erasedAt.getTime() === startedAt.getTime());
  const known = new Set(noted.flatMap(({ imageIds }) => imageIds));
  const added = found.filter((id) => !known.has(id));
  for (let start = 0; start < added.length; start += MAX_ERASED_IDS) {
    const imageIds = added.slice(start, start + MAX_ERASED_IDS);
    await erasures.add({ id: newId(), userHash, imageIds, erasedAt: startedAt, blockedUntil });
  }
  return [...known, ...added];
}
