import { begunWalk, completeNames } from '../../domain/metadata/filling.ts';
import { readFilling, writeFilterRequest, writeFilterWalk } from '../../records/coordination/filter-bookmarks.ts';
import type { Services } from '../../services.ts';

type FilterServices = Pick<Services, 'coordination' | 'filters' | 'newId' | 'observe'> & {
  readonly usage: Pick<Services['usage'], 'isEmpty'>;
  readonly clock: Pick<Services['clock'], 'now'>;
  readonly settings: Pick<Services['settings'], 'metadataFilters' | 'sharesRecords'>;
};

/**
 * At the start of a process whose METADATA_FILTERS aren't those in force: from then on all processes write rows for its
 * names, and a worker fills in those of the images that exist. If no other process may just be adding one,
 * a service without images has none to fill.
 */
export async function checkFilters(services: FilterServices): Promise<void> {
  const { coordination, filters, usage, clock, settings } = services;
  const names = settings.metadataFilters;
  const before = await readFilling(coordination);
  if ((before?.request.names ?? []).join() === names.join()) return;
  const complete = before ? completeNames(before) : [];
  const askedAt = clock.now();
  const request = { id: services.newId(), names, kept: names.filter((name) => complete.includes(name)), askedAt };
  const isFilled = !settings.sharesRecords && (await usage.isEmpty());
  await writeFilterRequest(coordination, request);
  if (isFilled) await writeFilterWalk(coordination, { ...begunWalk(request), doneAt: askedAt });
  filters.outdate();
  if (!isFilled) services.observe({ event: 'filters-asked', names });
}
