import type { ArchivedRecord } from '../../archive/record-archive.ts';
import { AppError } from '../../domain/errors.ts';
import type { StoredImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { Erased } from '../../domain/user/erased.ts';
import { eachAtMost } from '../../flow/each-at-most.ts';
import { checkCounted } from '../checks/check-counted.ts';
import { checkOriginals } from '../checks/check-originals.ts';
import type { OpenedBackup } from './open-backup.ts';
import { type RestoreImageServices, restoreImage } from './restore-image.ts';
import { type PlaceServices, requirePlace } from './restore-place.ts';

export type RestoreServices = RestoreImageServices &
  PlaceServices &
  Parameters<typeof checkOriginals>[0] & {
    readonly usage: Services['usage'];
    readonly settings: Pick<Services['settings'], 'countsUsage'>;
  };

export interface RestoreInput {
  readonly backup: OpenedBackup;
  readonly scope: RestoreScope;
  /** Erasures that the backup doesn't know, with the keys of all. Those of the backup are added. */
  readonly erased: Erased;
  readonly signal?: AbortSignal | undefined;
  /** After each image. */
  readonly onProgress?: ((counts: RestoreCounts) => void) | undefined;
}

export type RestoreScope =
  /** Everything, into a place without images. */
  | { readonly of: 'all' }
  /** Images alone, also into a place in use. */
  | { readonly of: 'images'; readonly ids: ReadonlySet<ImageId> }
  | { readonly of: 'user'; readonly userId: string };

/** Numbers of records. */
export interface RestoreCounts {
  readonly images: number;
  readonly bytes: number;
  /** By an interrupted restore of the same backup. */
  readonly alreadyThere: number;
  readonly keys: number;
  readonly limits: number;
  readonly tokenCounts: number;
  readonly erasures: number;
  /** Images that an erasure forbids to bring back. */
  readonly erased: number;
  /** Images that were deleted while the backup was made. */
  readonly leftOut: number;
}

export interface RestoreReport extends RestoreCounts {
  /** Images whose id has another record, which stays. */
  readonly kept: readonly { readonly id: ImageId; readonly status: string }[];
  /** Images that the backup doesn't have. */
  readonly missing: readonly ImageId[];
  /** Images that were not restored, because their bytes are absent or damaged. */
  readonly damaged: readonly { readonly id: ImageId; readonly detail: string }[];
}

/** Copied at the same time: a store that answers in 20 ms takes 400 images a second. */
const AT_ONCE = 8;

/**
 * Brings back the images of a backup, each with its bytes first: a record is never visible without them. What exists stays, so a restore that
 * was interrupted is repeated. Errors: `unavailable` before anything is written, if the backup is damaged or of a newer version, or the place
 * is in use; later those of the stores and of the target.
 */
export async function restoreBackup(services: RestoreServices, input: RestoreInput): Promise<RestoreReport> {
  const { backup, scope, erased, signal, onProgress } = input;
  const isWhole = scope.of === 'all';
  await readErasures(backup, erased, signal); // reads every record, so that no damage is found half-way
  if (isWhole) {
    await requirePlace(services, backup, signal);
    await checkCounted(services); // a place without images begins to count
  }
  const leftOut = await backup.leftOut();
  const counts = { ...NOTHING };
  const kept: RestoreReport['kept'][number][] = [];
  const damaged: RestoreReport['damaged'][number][] = [];
  const missing = new Set(scope.of === 'images' ? scope.ids : []);

  async function restoreOne(image: StoredImage): Promise<void> {
    missing.delete(image.id);
    if (leftOut.has(image.id)) counts.leftOut += 1;
    else if (erased.has(image)) counts.erased += 1;
    else {
      const outcome = await restoreImage(services, backup, image);
      if (outcome.is === 'restored') {
        counts.images += 1;
        counts.bytes += image.sizeBytes;
      } else if (outcome.is === 'already-there') counts.alreadyThere += 1;
      else if (outcome.is === 'kept') kept.push({ id: image.id, status: outcome.status });
      else damaged.push({ id: image.id, detail: outcome.detail });
    }
    onProgress?.(counts);
  }

  async function restoreOther(record: Exclude<ArchivedRecord, { kind: 'image' }>): Promise<void> {
    if (!isWhole && record.kind !== 'erasure' && record.kind !== 'erasure-key') return;
    const isNew = await services.archive.put(record);
    const counted = COUNTED_AS[record.kind];
    if (isNew && counted !== undefined) counts[counted] += 1;
  }

  await eachAtMost(AT_ONCE, within(backup.records(), signal), async (record) => {
    if (record.kind !== 'image') await restoreOther(record);
    else if (isInScope(record.image, scope)) await restoreOne(record.image);
  });
  await requireOriginals(services);
  return { ...counts, kept, damaged, missing: [...missing] };
}

const NOTHING: RestoreCounts = {
  images: 0,
  bytes: 0,
  alreadyThere: 0,
  keys: 0,
  limits: 0,
  tokenCounts: 0,
  erasures: 0,
  erased: 0,
  leftOut: 0,
};

const COUNTED_AS = {
  key: 'keys',
  limits: 'limits',
  'token-count': 'tokenCounts',
  erasure: 'erasures',
  'erasure-key': undefined,
} as const satisfies Record<Exclude<ArchivedRecord['kind'], 'image'>, keyof RestoreCounts | undefined>;

function isInScope(image: StoredImage, scope: RestoreScope): boolean {
  switch (scope.of) {
    case 'all':
      return true;
    case 'images':
      return scope.ids.has(image.id);
    case 'user':
      return scope.userId === image.userId;
  }
}

async function readErasures(backup: OpenedBackup, erased: Erased, signal: AbortSignal | undefined): Promise<void> {
  for await (const record of within(backup.records(), signal)) {
    if (record.kind === 'erasure-key') erased.addKey(record.key);
    else if (record.kind === 'erasure') erased.add(record.erasure);
  }
}

async function* within<Item>(items: AsyncIterable<Item>, signal: AbortSignal | undefined): AsyncGenerator<Item> {
  for await (const item of items) {
    signal?.throwIfAborted();
    yield item;
  }
}

/** As the service does when it starts: the records must not belong to another store. */
async function requireOriginals(services: Parameters<typeof checkOriginals>[0]): Promise<void> {
  const { present, absent } = await checkOriginals(services);
  if (absent.length === 0) return;
  const ids = absent.map(({ id }) => id).join(', ');
  const detail = `expected the bytes of every restored image; got none of ${absent.length} of ${present.length + absent.length}: ${ids}`;
  throw new AppError('internal', detail);
}
