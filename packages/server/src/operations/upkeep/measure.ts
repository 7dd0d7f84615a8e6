import type { Services } from '../../services.ts';
import { endLease, holdLease } from './hold-lease.ts';
import type { SweepOptions } from './sweep.ts';

type MeasureServices = Pick<Services, 'coordination' | 'dueAges' | 'usage' | 'jobs' | 'clock' | 'observe' | 'settings'>;
type Measurer = Pick<SweepOptions, 'holder'>;

/** Tells the values of the whole service; those that processes share by one of them. Errors: those of the repository and the queue. */
export async function measureService(services: MeasureServices, options: Measurer): Promise<void> {
  tellDueAges(services);
  const { usage, observe, settings } = services;
  const total = settings.countsUsage ? await usage.totalUsage() : undefined;
  if (total) observe({ event: 'usage-measured', ...total });
  await measureBackup(services);
  await measureDeadLetters(services, options);
}

/** Tells how late the lanes are that this process sweeps, which costs no call. */
export function tellDueAges({ dueAges, observe }: Pick<Services, 'dueAges' | 'observe'>): void {
  for (const age of dueAges.take()) observe({ event: 'due-measured', ...age });
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

async function measureDeadLetters(services: MeasureServices, options: Measurer): Promise<void> {
  const { jobs, observe, settings } = services;
  // The lease is kept, so that one process counts instead of each in turn.
  if (settings.sharesQueue && !(await holdLease(services, leaseOf(options)))) return;
  const count = await jobs.countDeadLetters();
  if (count !== undefined) observe({ event: 'dead-letters-measured', count });
  else await endMeasuring(services, options); // another process may be allowed to count
}

/** Releases the lease, so that another process can measure. */
export async function endMeasuring(
  services: Pick<Services, 'coordination' | 'clock' | 'settings'>,
  options: Measurer,
): Promise<void> {
  if (services.settings.sharesQueue) await endLease(services, leaseOf(options));
}

const leaseOf = ({ holder }: Measurer) => ({ name: 'dead-letters', holder }) as const;
