import { type Image, type StoredImage, workingCopyOf } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import {
  imageIdOfIncoming,
  isReplacementKey,
  type ObjectKey,
  type StoredKey,
  storedKey,
  uploadOfReplacement,
  workingCopyKey,
} from '../../domain/image/object-key.ts';
import { lastFormerEndsAt } from '../../domain/image/replace.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { ListedObject } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';

const READS_AT_ONCE = 10;

const DAY_MS = 86_400_000;
/** Longer than any attempt: a claim is renewed for minutes. */
const MIN_AGE_MS = DAY_MS;
/**
 * For objects without any record: longer than a table can be restored back (35 days), and than records of images that
 * are over are kept.
 */
const MIN_AGE_WITHOUT_RECORD_MS = 40 * DAY_MS;
/**
 * If most images of a page have no record, this may be the wrong table or a restored one; from this many on nothing is
 * removed.
 */
export const DOUBTFUL_IMAGES = 20;

/** An object that no record refers to. */
export interface Orphan {
  readonly key: ObjectKey;
  readonly kind: StoredKey['kind'] | 'upload';
  readonly imageId: ImageId;
  /**
   * What remains of its image: nothing, a tombstone or its like, or a record that names another object of this kind.
   */
  readonly of: 'no record' | 'ended image' | 'stored image';
}

export interface FoundOrphans {
  readonly orphans: readonly Orphan[];
  /** The number of images whose objects are old enough, with and without a record. */
  readonly images: { readonly known: number; readonly unknown: number };
}

interface AgedObject extends Pick<Orphan, 'key' | 'kind' | 'imageId'> {
  readonly ageMs: number;
}

type OrphanServices = Pick<Services, 'images' | 'clock'>;

/** The orphans of one page. An image whose record can't be read now is reported and left out. */
export async function orphansAmong(
  services: OrphanServices & Pick<Services, 'observe'>,
  listed: readonly ListedObject[],
): Promise<FoundOrphans> {
  const now = services.clock.now().getTime();
  const aged = await Promise.all(
    listed.map(async ({ key, details }): Promise<AgedObject[]> => {
      const role = roleOf(key);
      return role ? [{ ...role, key, ageMs: now - (await details()).storedAt.getTime() }] : [];
    }),
  );
  const old = aged.flat().filter(({ ageMs }) => ageMs >= MIN_AGE_MS);
  const orphans: Orphan[] = [];
  const [counts, byImage] = [{ known: 0, unknown: 0 }, [...Map.groupBy(old, ({ imageId }) => imageId)]];
  await workAtMost(READS_AT_ONCE, byImage, async ([imageId, stored]: [ImageId, AgedObject[]]) => {
    try {
      const found = await orphansOf(services, imageId, stored);
      counts[found.isKnown ? 'known' : 'unknown'] += 1;
      orphans.push(...found.orphans);
    } catch (error) {
      services.observe({ event: 'sweep-postponed', subject: imageId, error });
    }
  });
  return { orphans, images: counts };
}

/** What an object that was old enough is now; undefined: its record refers to it, or may do so. */
export async function orphanNow(services: OrphanServices, key: ObjectKey): Promise<Orphan | undefined> {
  const role = roleOf(key);
  if (!role) return undefined;
  const { orphans } = await orphansOf(services, role.imageId, [{ ...role, key, ageMs: Number.POSITIVE_INFINITY }]);
  return orphans[0];
}

/** Those among the objects of one image. Errors: those of `getToChange`. */
async function orphansOf(
  services: OrphanServices,
  imageId: ImageId,
  stored: readonly AgedObject[],
): Promise<{ readonly isKnown: boolean; readonly orphans: readonly Orphan[] }> {
  const waiting = new Set<ObjectKey>();
  for (const { key } of stored) if (await waitsForItsPlace(services, key)) waiting.add(key);
  const image = await services.images.getToChange(imageId); // a record of a newer version is left to that version
  const now = services.clock.now();
  const orphans = stored.flatMap(({ ageMs, ...object }): Orphan[] => {
    const of = waiting.has(object.key) ? undefined : orphanOf({ ...object, ageMs }, image, now);
    return of === undefined ? [] : [{ ...object, of }];
  });
  return { isKnown: image !== undefined, orphans };
}

function roleOf(key: ObjectKey): Pick<Orphan, 'kind' | 'imageId'> | undefined {
  const uploaded = imageIdOfIncoming(key);
  return uploaded === undefined ? storedKey(key) : { kind: 'upload', imageId: uploaded };
}

/** Others are left by a process that died before it named them, or by two that made one at once. */
function workingCopyKeyOf(image: StoredImage): ObjectKey | undefined {
  const copy = workingCopyOf(image);
  return copy ? workingCopyKey(image.id, copy) : undefined;
}

/**
 * Whether an upload that is held has copied its bytes there, or will, to put them in the place of the image's. To be
 * asked before the image is read: once the upload has ended, they may be the image's own.
 */
async function waitsForItsPlace({ images }: Pick<Services, 'images'>, key: ObjectKey): Promise<boolean> {
  const upload = uploadOfReplacement(key);
  return upload !== undefined && (await images.get(upload))?.status === 'held';
}

/** However old they are, those before a replacement stay for a while after it. */
const hasFormerBytes = (image: StoredImage, now: Date): boolean =>
  isReplacementKey(image.objectKey) && now < lastFormerEndsAt(image);

/** Undefined: the record refers to the object, or may do so. */
function orphanOf({ key, kind, ageMs }: AgedObject, image: Image | undefined, now: Date): Orphan['of'] | undefined {
  switch (image?.status) {
    case undefined:
      return ageMs >= MIN_AGE_WITHOUT_RECORD_MS ? 'no record' : undefined;
    case 'pending':
      return undefined; // the next holder of the claim removes leftovers
    case 'held':
    case 'ready':
    case 'trashed': {
      const isAnother =
        kind === 'original'
          ? key !== image.objectKey && !hasFormerBytes(image, now)
          : kind === 'working-copy' && key !== workingCopyKeyOf(image);
      return isAnother ? 'stored image' : undefined;
    }
    case 'rejected':
    case 'expired':
    case 'deleted':
      return kind === 'upload' ? undefined : 'ended image'; // the sweeper lists uploads itself
  }
}
