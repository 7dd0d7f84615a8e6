import type { ImageId } from '../../domain/image/image-id.ts';
import {
  exportsOfUser,
  incomingKey,
  type ObjectKey,
  originalsPrefix,
  prefixesOfUser,
  renditionsPrefix,
} from '../../domain/image/object-key.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { Erased } from '../../object-store/object-store.ts';
import type { DeletionOptions, DeletionServices } from './user-services.ts';

/** Lists at the same time. */
const AT_ONCE = 8;
/** How often progress is reported, in images. */
const TOLD_EVERY = 1_000;

interface ErasedUser {
  readonly userId: string;
  readonly imageIds: readonly ImageId[];
  /** Where guests uploaded images of the user. */
  readonly guestKeys: readonly ObjectKey[];
  /**
   * On a disk that ignores case another user's objects may be in the same folder: there only those of these images are
   * removed.
   */
  readonly sharesFolder: boolean;
}

/**
 * Removes uploads, originals, renditions, working copies and exports for good, also what no record refers to any more.
 */
export async function eraseObjects(
  { objects, settings }: Pick<DeletionServices, 'objects' | 'settings'>,
  { userId, imageIds, guestKeys, sharesFolder }: ErasedUser,
  { signal, onProgress }: DeletionOptions,
): Promise<Erased> {
  const total = { objects: 0, versions: 0, kept: 0 };
  const erase = async (prefix: string): Promise<void> => {
    signal?.throwIfAborted();
    const erased = await objects.erase(prefix);
    total.objects += erased.objects;
    total.versions += erased.versions;
    total.kept += erased.kept;
  };
  const isShared = sharesFolder && settings.ignoresCase;
  for (const prefix of [exportsOfUser(userId), ...(isShared ? [] : prefixesOfUser(userId))]) await erase(prefix);
  await workAtMost(AT_ONCE, guestKeys, erase);
  let done = 0;
  await workAtMost(AT_ONCE, imageIds, async (id) => {
    await erase(renditionsPrefix(id));
    if (isShared) {
      await erase(originalsPrefix({ userId, id }));
      const incoming = incomingKey(userId, id);
      await erase(`${incoming}/`); // its parts
      await objects.delete([incoming]);
    }
    done += 1;
    if (done % TOLD_EVERY === 0) onProgress?.(`renditions of ${done} of ${imageIds.length} images are removed`);
  });
  return total;
}
