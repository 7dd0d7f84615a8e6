import type { ApiKey } from '../../domain/access/api-key.ts';
import { tombstone } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { mayShareFolder } from '../../domain/image/object-key.ts';
import { concernsUser } from '../../domain/user/keys-of-user.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { DeletionOptions, DeletionServices } from './user-services.ts';

/** What the records have of a user. */
export interface FoundRecords {
  readonly imageIds: readonly ImageId[];
  /** Upload tokens by which images came. */
  readonly tokenIds: ReadonlySet<string>;
  /** The user's, and those of others that act for the user. */
  readonly keys: readonly ApiKey[];
  /** When the last upload of these images ends; the beginning of time without any. */
  readonly uploadsEndAt: Date;
  /** Another user's objects may be in the same folder. */
  readonly sharesFolder: boolean;
}

export const isEmpty = ({ imageIds, keys }: FoundRecords): boolean => imageIds.length === 0 && keys.length === 0;

/** Writes at the same time: each is a transaction or two of the store. */
const AT_ONCE = 8;

/**
 * Deletes every image of the user, whatever its state: from then on nothing of it is served, and no finalizer publishes it. Errors: those of
 * `RecordArchive` and of writes.
 */
export async function hideImages(
  services: Pick<DeletionServices, 'archive' | 'images' | 'clock'>,
  userId: string,
  { signal }: DeletionOptions,
): Promise<FoundRecords> {
  const imageIds: ImageId[] = [];
  const tokenIds = new Set<string>();
  const keys: ApiKey[] = [];
  let uploadsEndAt = new Date(0);
  let sharesFolder = false;
  for await (const page of services.archive.all({ signal, moment: 'of-each-page' })) {
    const shown: ImageId[] = [];
    for (const record of page) {
      if (record.kind === 'key' && concernsUser(record.key, userId)) keys.push(record.key);
      if (record.kind !== 'image') continue;
      sharesFolder ||= mayShareFolder(userId, record.image.userId);
      if (record.image.userId !== userId) continue;
      const { id, token, expiresAt, status } = record.image;
      imageIds.push(id);
      if (token) tokenIds.add(token.id);
      if (expiresAt > uploadsEndAt) uploadsEndAt = expiresAt;
      if (status !== 'deleted') shown.push(id);
    }
    await workAtMost(AT_ONCE, shown, (id) => hide(services, id));
  }
  return { imageIds, tokenIds, keys, uploadsEndAt, sharesFolder };
}

const hide = ({ images, clock }: Pick<DeletionServices, 'images' | 'clock'>, id: ImageId): Promise<void> =>
  retryWhileChanged(async () => {
    const image = await images.getToChange(id);
    if (!image || image.status === 'deleted') return;
    return (await images.replace(image, tombstone(image, clock.now()))) ? undefined : CHANGED;
  });
