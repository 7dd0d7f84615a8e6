import type { ApiKey } from '../../domain/access/api-key.ts';
import { tombstone } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { mayShareFolder } from '../../domain/image/object-key.ts';
import { concernsUser } from '../../domain/user/keys-of-user.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { ArchiveRecord } from '../../records/archive/record-archive.ts';
import type { DeletionOptions, DeletionServices } from './user-services.ts';

/** What the records have of a user. */
export interface FoundRecords {
  readonly imageIds: readonly ImageId[];
  /** Upload tokens by which images came. */
  readonly tokenIds: ReadonlySet<string>;
  /** The user's, and those of others that act for the user. */
  readonly keys: readonly ApiKey[];
  /** There are limits of the user's own, webhooks for the user alone, or revocations of the user's view tokens. */
  readonly hasSettings: boolean;
  /** When the last upload of these images ends; the beginning of time without any. */
  readonly uploadsEndAt: Date;
  /** On a disk that ignores case another user's objects may be in the same folder. */
  readonly sharesFolder: boolean;
}

export const isEmpty = ({ imageIds, keys, hasSettings }: FoundRecords): boolean =>
  imageIds.length === 0 && keys.length === 0 && !hasSettings;

/** Writes at the same time: each is a transaction or two of the store. */
const AT_ONCE = 8;

/**
 * Deletes every image of the user, whatever its state: from then on nothing of it is served, and no finalizer publishes
 * it. Errors: those of `RecordArchive` and of writes.
 */
export const hideImages = (
  services: Pick<DeletionServices, 'archive' | 'images' | 'clock'>,
  userId: string,
  options: DeletionOptions,
): Promise<FoundRecords> =>
  findRecords(services, userId, options, (shown) => workAtMost(AT_ONCE, shown, (id) => hide(services, id)));

/** `onShown`: is given the images of each page that aren't deleted. Errors: those of `RecordArchive`, and its own. */
export async function findRecords(
  { archive }: Pick<DeletionServices, 'archive'>,
  userId: string,
  { signal }: DeletionOptions,
  onShown?: (shown: readonly ImageId[]) => Promise<void>,
): Promise<FoundRecords> {
  const imageIds: ImageId[] = [];
  const tokenIds = new Set<string>();
  const keys: ApiKey[] = [];
  let uploadsEndAt = new Date(0);
  let hasSettings = false;
  let sharesFolder = false;
  for await (const page of archive.all({ signal, moment: 'of-each-page', needsDetails: () => false })) {
    const shown: ImageId[] = [];
    for (const record of page) {
      if (record.kind === 'key' && concernsUser(record.key, userId)) keys.push(record.key);
      hasSettings ||= isSetting(record, userId);
      if (record.kind !== 'image') continue;
      sharesFolder ||= mayShareFolder(userId, record.image.userId);
      if (record.image.userId !== userId) continue;
      const { id, token, expiresAt, status } = record.image;
      imageIds.push(id);
      if (token) tokenIds.add(token.id);
      if (expiresAt > uploadsEndAt) uploadsEndAt = expiresAt;
      if (status !== 'deleted') shown.push(id);
    }
    await onShown?.(shown);
  }
  return { imageIds, tokenIds, keys, hasSettings, uploadsEndAt, sharesFolder };
}

const isSetting = (record: ArchiveRecord, userId: string): boolean =>
  (record.kind === 'limits' && record.userId === userId) ||
  (record.kind === 'webhook' && record.webhook.userId === userId) ||
  (record.kind === 'revocation' && record.revocation.userId === userId);

const hide = ({ images, clock }: Pick<DeletionServices, 'images' | 'clock'>, id: ImageId): Promise<void> =>
  retryWhileChanged(async () => {
    const image = await images.getToChange(id);
    if (!image || image.status === 'deleted') return;
    return (await images.replace(image, tombstone(image, clock.now()))) ? undefined : CHANGED;
  });
