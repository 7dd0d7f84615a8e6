import { AppError } from '../../domain/errors.ts';
import { type PublishedImage, type ReadyImage, withFilters } from '../../domain/image/image.ts';
import { begunWalk, type Filling, type FilterRequest, type FilterWalk } from '../../domain/metadata/filling.ts';
import { hasRowsBy } from '../../domain/metadata/metadata-filters.ts';
import { isWalkDue } from '../../domain/walk.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import { readFilling, writeFilterWalk } from '../../records/coordination/filter-bookmarks.ts';
import { NAMES_NOTICED_MS } from '../../records/coordination/filter-names.ts';
import type { Services } from '../../services.ts';
import { observedRound } from './observed-round.ts';
import type { SweepOptions } from './sweep.ts';
import { walkPublished } from './walk-published.ts';

type FillServices = Pick<Services, 'images' | 'coordination' | 'clock' | 'observe' | 'settings'>;

/** Writes of a table at once. SQLite commits writes that meet together. */
const AT_ONCE = { table: 16, database: 50 } as const;
/** The longest write of a process that hasn't noticed the names yet. */
const LONGEST_WRITE_MS = 60_000;

/**
 * Gives all ready images the rows of the names in force, if a process has asked for others. Does nothing while another
 * holder does it. Errors: those of coordination; a page that fails is repeated, with a backoff.
 */
export async function fillFilters(services: FillServices, options: SweepOptions): Promise<void> {
  if (await dueFilling(services)) await fill(services, options);
}

/** Processes that share records have noticed the names by then, and ended their last write with former ones. */
async function dueFilling({ coordination, clock, settings }: FillServices): Promise<Filling | undefined> {
  const filling = await readFilling(coordination);
  if (!filling) return undefined;
  const waitMs = settings.sharesRecords ? NAMES_NOTICED_MS + LONGEST_WRITE_MS : 0;
  const from = new Date(filling.request.askedAt.getTime() + waitMs);
  return isWalkDue(filling.walk, clock.now(), from) ? filling : undefined;
}

const fill = observedRound('filters', (services: FillServices, options: SweepOptions) =>
  walkPublished<FilterRequest, FilterWalk>(services, options, {
    lease: 'filters',
    pageSize: 100,
    due: () => dueFilling(services),
    begun: begunWalk,
    after: async ({ images, next }, walk, { names }) => ({
      ...walk,
      position: next,
      images: walk.images + images.length,
      changed: walk.changed + (await fillAll(services, images, names)),
      failing: null,
      doneAt: next === null ? services.clock.now() : null,
    }),
    write: (walk) => writeFilterWalk(services.coordination, walk),
    tellPostponed: (error) => services.observe({ event: 'filters-postponed', error }),
    tellDone: ({ images, changed }, { names }) => services.observe({ event: 'filters-filled', names, images, changed }),
  }),
);

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
