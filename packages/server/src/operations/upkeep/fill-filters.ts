import { AppError } from '../../domain/errors.ts';
import { retryAt } from '../../domain/image/deadlines.ts';
import { type PublishedImage, type ReadyImage, withFilters } from '../../domain/image/image.ts';
import { begunWalk, type Filling, type FilterWalk } from '../../domain/metadata/filling.ts';
import { hasRowsBy } from '../../domain/metadata/metadata-filters.ts';
import { keepRenewing } from '../../flow/lease.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import { readFilling, writeFilterWalk } from '../../records/coordination/filter-bookmarks.ts';
import { NAMES_NOTICED_MS } from '../../records/coordination/filter-names.ts';
import type { Services } from '../../services.ts';
import { endLease, holdLease, LEASE_SECONDS, renewLease } from './hold-lease.ts';
import { observedRound } from './observed-round.ts';
import type { SweepOptions } from './sweep.ts';

type FillServices = Pick<Services, 'images' | 'coordination' | 'clock' | 'observe' | 'settings'>;

/** Images of one page: what a crash repeats, at most, and what a stop waits for. */
const PAGE = 100;
/** Writes of a table at once. SQLite commits writes that meet together. */
const AT_ONCE = { table: 16, database: 50 } as const;
/** The longest write of a process that hasn't noticed the names yet. */
const LONGEST_WRITE_MS = 60_000;

/**
 * Gives all ready images the rows of the names in force, if a process has asked for others. Does nothing while another
 * holder does it. Errors: those of the store outside a page; a page that fails is repeated, with a backoff.
 */
export async function fillFilters(services: FillServices, options: SweepOptions): Promise<void> {
  if (isDue(services, await readFilling(services.coordination))) await fill(services, options);
}

/** Processes that share records have noticed the names by then, and ended their last write with former ones. */
function isDue({ clock, settings }: FillServices, filling: Filling | undefined): filling is Filling {
  if (!filling || filling.walk?.doneAt) return false;
  const { request, walk } = filling;
  const waitMs = settings.sharesRecords ? NAMES_NOTICED_MS + LONGEST_WRITE_MS : 0;
  const from = walk?.failing?.until ?? new Date(request.askedAt.getTime() + waitMs);
  return from <= clock.now();
}

const fill = observedRound('filters', async (services: FillServices, { holder, signal }: SweepOptions) => {
  const lease = { name: 'filters', holder } as const;
  if (signal.aborted || !(await holdLease(services, lease))) return;
  try {
    for (let isHeld = true; isHeld && !signal.aborted; ) {
      const filling = await readFilling(services.coordination); // another process may have asked anew
      if (!isDue(services, filling)) return;
      await using _ = keepRenewing(LEASE_SECONDS, async () => void (await renewLease(services, lease)));
      const walk = await walkAfterPage(services, filling);
      isHeld = await renewLease(services, lease); // a process that was frozen leaves the walk to its successor
      if (isHeld) await writeFilterWalk(services.coordination, walk);
      if (isHeld && walk.doneAt) {
        const { images, changed } = walk;
        services.observe({ event: 'filters-filled', names: filling.request.names, images, changed });
      }
    }
  } finally {
    await endLease(services, lease);
  }
});

/** The walk after another page. */
async function walkAfterPage(services: FillServices, { request, walk: before }: Filling): Promise<FilterWalk> {
  const walk = before ?? begunWalk(request);
  try {
    const { images, next } = await services.images.published(PAGE, walk.position ?? undefined);
    const changed = await fillAll(services, images, request.names);
    return {
      ...walk,
      position: next,
      images: walk.images + images.length,
      changed: walk.changed + changed,
      failing: null,
      doneAt: next === null ? services.clock.now() : null,
    };
  } catch (error) {
    services.observe({ event: 'filters-postponed', error });
    const now = services.clock.now();
    const since = walk.failing?.since ?? now;
    return { ...walk, failing: { since, until: retryAt(since, now) } };
  }
}

/** How many of them got other rows. */
async function fillAll(
  services: FillServices,
  images: readonly PublishedImage[],
  names: readonly string[],
): Promise<number> {
  const lacking = images.filter((image) => image.status === 'ready').filter((image) => !hasRowsBy(image, names));
  let changed = 0;
  await workAtMost(services.settings.sharesRecords ? AT_ONCE.table : AT_ONCE.database, lacking, async (image) => {
    if (await fillOne(services, image, names)) changed += 1;
  });
  return changed;
}

/** Whether it got other rows. An image that isn't ready any more gets the names in force when it is again. */
async function fillOne(services: FillServices, found: ReadyImage, names: readonly string[]): Promise<boolean> {
  const { images } = services;
  let known: ReadyImage | undefined = found;
  try {
    return await retryWhileChanged(async () => {
      const image = known ?? (await images.getToChange(found.id));
      known = undefined;
      if (image?.status !== 'ready' || hasRowsBy(image, names)) return false;
      return (await images.replace(image, withFilters(image, names))) || CHANGED;
    });
  } catch (error) {
    if (!(error instanceof AppError) || !error.isOfNewerVersion) throw error;
    services.observe({ event: 'sweep-postponed', subject: found.id, error }); // that version knows which rows it has
    return false;
  }
}
