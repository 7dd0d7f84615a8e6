import { AppError } from '../../domain/errors.ts';
import type { Image, StoredImage } from '../../domain/image/image.ts';
import type { Erased } from '../../domain/user/erased.ts';
import { eachAtMost } from '../../flow/each-at-most.ts';
import type { RecordArchive } from '../../records/archive/record-archive.ts';
import type { Services } from '../../services.ts';
import type { OpenedBackup } from './open-backup.ts';

export interface PlaceServices {
  readonly archive: Pick<RecordArchive, 'all'>;
  readonly images: Pick<Services['images'], 'get'>;
}

const READS_AT_ONCE = 16;

/**
 * Requires a place without images, or with those alone that a restore of the same backup, which was interrupted, has
 * put there. Adds the place's own erasures to `erased`. Errors: `unavailable`.
 */
export async function requirePlace(
  { archive, images }: PlaceServices,
  { backup, erased, signal }: { backup: OpenedBackup; erased: Erased; signal?: AbortSignal | undefined },
): Promise<void> {
  let present = 0;
  for await (const page of archive.all({ signal, needsDetails: () => false })) {
    present += page.filter(({ kind }) => kind === 'image').length;
    if (present > backup.manifest.counts.images) throw inUse(present);
    for (const record of page) {
      if (record.kind === 'erasure-key') erased.addKey(record.key);
      else if (record.kind === 'erasure') erased.add(record.erasure);
    }
  }
  if (present === 0) return;
  let restored = 0;
  await eachAtMost(READS_AT_ONCE, backup.records(), async (record) => {
    signal?.throwIfAborted();
    if (record.kind === 'image' && isRestored(await images.get(record.image.id), record.image)) restored += 1;
  });
  if (restored < present) throw inUse(present, restored);
}

/** Whether `found` is there because `archived` was restored. */
export const isRestored = (found: Image | undefined, { revision, status }: StoredImage): boolean =>
  found !== undefined && found.revision === revision && found.status === status;

function inUse(present: number, restored?: number): AppError {
  const got = restored === undefined ? `${present} or more` : `${present}, of which ${restored} are of this backup`;
  return new AppError(
    'unavailable',
    `expected a place without images, or with those of an interrupted restore of this backup; got ${got}: restore into an empty place, or single images with --only or --user`,
  );
}
