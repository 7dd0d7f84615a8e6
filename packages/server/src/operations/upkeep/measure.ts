import type { Services } from '../../services.ts';
import { holdLease } from './hold-lease.ts';
import type { SweepOptions } from './sweep.ts';

type MeasureServices = Pick<Services, 'coordination' | 'dueAges' | 'usage' | 'jobs' | 'clock' | 'observe' | 'settings'>;

/** Tells the values of the whole service; those that processes share by one of them. Errors: those of the repository and the queue. */
export async function measureService(services: MeasureServices, options: Pick<SweepOptions, 'holder'>): Promise<void> {
  const { dueAges, usage, observe, settings } = services;
  for (const age of dueAges.take()) observe({ event: 'due-measured', ...age });
  const total = settings.countsUsage ? await usage.totalUsage() : undefined;
  if (total) observe({ event: 'usage-measured', ...total });
  await measureBackup(services);
  await measureDeadLetters(services, options);
}

/** Nothing for a service that was never backed up by `backup`: it may have another way. */
export async function measureBackup({
  coordination,
  clock,
  observe,
}: Pick<Services, 'coordination' | 'clock' | 'observe'>): Promise<void> {
  const endedAt = Date.parse((await coordination.bookmark('backup-ended')) ?? '');
  if (!Number.isNaN(endedAt))
    observe({ event: 'backup-measured', ageMs: Math.max(0, clock.now().getTime() - endedAt) });
}

async function measureDeadLetters(services: MeasureServices, { holder }: Pick<SweepOptions, 'holder'>): Promise<void> {
  const { jobs, observe, settings } = services;
  // The lease is kept, so that one process counts instead of each in turn.
  if (settings.sharesQueue && !(await holdLease(services, { name: 'dead-letters', holder }))) return;
  const count = await jobs.countDeadLetters();
  if (count !== undefined) observe({ event: 'dead-letters-measured', count });
}
