import type { ListedObject } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';
import { endLease, holdLease, renewLease } from './hold-lease.ts';
import { observedRound } from './observed-round.ts';
import { bookmarkOf, doubted, type OrphanWalk, rested, stepped, walkIn } from './orphan-walk.ts';
import { DOUBTFUL_IMAGES, orphansAmong } from './orphans.ts';
import type { SweepOptions } from './sweep.ts';

type OrphanServices = Pick<Services, 'images' | 'coordination' | 'objects' | 'clock' | 'observe'>;

/** Objects of one page (S3's limit), and pages of one part of the walk. */
const PAGE = 1_000;
const PAGES = 20;

/**
 * Continues the walk through all originals and renditions, and removes those that no record refers to, such as a copy
 * that the store made for a superseded finalizer. Does nothing while another holder walks, or before the walk is due.
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

/** Removes the objects of `listed` that no record refers to; none if most of their images have no record. */
async function removeOrphans(services: OrphanServices, listed: readonly ListedObject[]): Promise<'done' | 'doubtful'> {
  const { objects, observe } = services;
  const { orphans, images } = await orphansAmong(services, listed);
  const isDoubtful = images.unknown > images.known;
  if (isDoubtful) observe({ event: 'objects-without-records', images: images.unknown });
  if (isDoubtful && images.unknown >= DOUBTFUL_IMAGES) return 'doubtful';
  const removable = orphans.filter(({ of }) => of !== 'no record' || !isDoubtful).map(({ key }) => key);
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
