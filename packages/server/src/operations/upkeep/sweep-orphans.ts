import { type Image, type StoredImage, workingCopyOf } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { type ObjectKey, type StoredKey, storedKey, workingCopyKey } from '../../domain/image/object-key.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { ListedObject } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';
import { endLease, holdLease, renewLease } from './hold-lease.ts';
import { observedRound } from './observed-round.ts';
import { bookmarkOf, doubted, type OrphanWalk, rested, stepped, walkIn } from './orphan-walk.ts';
import type { SweepOptions } from './sweep.ts';

type OrphanServices = Pick<Services, 'images' | 'coordination' | 'objects' | 'clock' | 'observe'>;

/** Objects of one page (S3's limit), and pages of one part of the walk. */
const PAGE = 1_000;
const PAGES = 20;
const READS_AT_ONCE = 10;

const DAY_MS = 86_400_000;
/** Longer than any attempt: a claim is renewed for minutes. */
const MIN_AGE_MS = DAY_MS;
/**
 * For objects without any record: longer than a table can be restored back (35 days), and than records of images that are over are
 * kept.
 */
const MIN_AGE_WITHOUT_RECORD_MS = 40 * DAY_MS;
/** If most images of a page have no record, this may be the wrong table or a restored one; from this many on the walk pauses. */
const DOUBTFUL_IMAGES = 20;

/**
 * Continues the walk through all originals and renditions, and removes those that no record refers to, such as a copy that the store
 * made for a superseded finalizer. Does nothing while another holder walks, or before the walk is due.
 */
export const sweepOrphans = observedRound('orphans', continueWalk);

async function continueWalk(services: OrphanServices, { holder, signal }: SweepOptions): Promise<void> {
  const { coordination, clock } = services;
  const lease = { name: 'sweep-orphans', holder } as const;
  const isDue = ({ notBefore }: OrphanWalk) => notBefore <= clock.now();
  const read = async () => walkIn(await coordination.bookmark('orphans'), clock.now());
  if (signal.aborted || !isDue(await read()) || !(await holdLease(services, lease))) return;
  try {
    let walk = await read(); // another holder may have continued meanwhile
    for (let page = 0; page < PAGES && isDue(walk) && !signal.aborted; page += 1) {
      const { objects, next } = await services.objects.listPage(walk.prefix, { after: walk.after, limit: PAGE });
      const isDoubtful = (await removeOrphans(services, objects)) === 'doubtful';
      walk = isDoubtful ? doubted(walk, clock.now()) : stepped(walk, next, clock.now());
      if (!(await renewLease(services, lease))) return;
      await coordination.setBookmark('orphans', bookmarkOf(walk));
    }
    if (isDue(walk) && !signal.aborted)
      await coordination.setBookmark('orphans', bookmarkOf(rested(walk, clock.now())));
  } finally {
    await endLease(services, lease);
  }
}

interface AgedObject extends StoredKey {
  readonly key: ObjectKey;
  readonly ageMs: number;
}

/** Removes the objects of `listed` that no record refers to; none if most of their images have no record. */
async function removeOrphans(services: OrphanServices, listed: readonly ListedObject[]): Promise<'done' | 'doubtful'> {
  const { images, objects, clock, observe } = services;
  const now = clock.now().getTime();
  const aged = await Promise.all(
    listed.map(async ({ key, details }): Promise<AgedObject[]> => {
      const stored = storedKey(key);
      return stored ? [{ ...stored, key, ageMs: now - (await details()).storedAt.getTime() }] : [];
    }),
  );
  const old = aged.flat().filter(({ ageMs }) => ageMs >= MIN_AGE_MS);

  const orphans: Record<'known' | 'unknown', ObjectKey[]> = { known: [], unknown: [] };
  const [counts, byImage] = [{ known: 0, unknown: 0 }, [...Map.groupBy(old, ({ imageId }) => imageId)]];
  await workAtMost(READS_AT_ONCE, byImage, async ([imageId, stored]: [ImageId, AgedObject[]]) => {
    try {
      const image = await images.getToChange(imageId); // a record of a newer version is left to that version
      const kind = image ? 'known' : 'unknown';
      counts[kind] += 1;
      orphans[kind].push(...stored.filter((one) => isOrphan(one, image)).map(({ key }) => key));
    } catch (error) {
      observe({ event: 'sweep-postponed', subject: imageId, error });
    }
  });
  const isDoubtful = counts.unknown > counts.known;
  if (isDoubtful) observe({ event: 'objects-without-records', images: counts.unknown });
  if (isDoubtful && counts.unknown >= DOUBTFUL_IMAGES) return 'doubtful';
  const removable = isDoubtful ? orphans.known : [...orphans.known, ...orphans.unknown];
  const [first] = removable;
  if (first === undefined) return 'done';
  try {
    await objects.delete(removable);
    observe({ event: 'orphans-removed', objects: removable.length });
  } catch (error) {
    observe({ event: 'sweep-postponed', subject: first, error }); // the next walk tries again
  }
  return 'done';
}

/** Others are left by a process that died before it named them, or by two that made one at once. */
function workingCopyKeyOf(image: StoredImage): ObjectKey | undefined {
  const copy = workingCopyOf(image);
  return copy ? workingCopyKey(image.id, copy) : undefined;
}

function isOrphan({ key, kind, ageMs }: AgedObject, image: Image | undefined): boolean {
  switch (image?.status) {
    case undefined:
      return ageMs >= MIN_AGE_WITHOUT_RECORD_MS;
    case 'pending':
      return false; // the next holder of the claim removes leftovers
    case 'held':
    case 'ready':
    case 'trashed':
      if (kind === 'original') return key !== image.objectKey;
      return kind === 'working-copy' && key !== workingCopyKeyOf(image);
    case 'rejected':
    case 'expired':
    case 'deleted':
      return true;
  }
}
