import type { Services, StoredEvents } from '../../services.ts';
import { endLease, holdLease } from './hold-lease.ts';
import type { SweepOptions } from './sweep.ts';

type MeasureServices = Pick<
  Services,
  'coordination' | 'dueAges' | 'usage' | 'jobs' | 'clock' | 'observe' | 'settings' | 'events'
>;
type Measurer = Pick<SweepOptions, 'holder'>;

/**
 * Reports the values of the whole service; one process reports those that processes share. A failed measurement is
 * reported, and doesn't stop the others.
 */
export async function measureService(services: MeasureServices, options: Measurer): Promise<void> {
  tellDueAges(services);
  await Promise.all([
    told(services, measureUsage(services)),
    told(services, measureBackup(services)),
    measureOutbox(services),
    told(services, measureDeadLetters(services, options)),
  ]);
}

/**
 * A failure is reported at once, and the value is measured again a minute later like a success: these calls may be
 * billed.
 */
const told = ({ observe }: Pick<Services, 'observe'>, measuring: Promise<void>): Promise<void> =>
  measuring.catch((error: unknown) => observe({ event: 'measuring-failed', error }));

/** Tells how late the lanes are that this process reads, which costs no call. */
export function tellDueAges({ dueAges, observe }: Pick<Services, 'dueAges' | 'observe'>): void {
  for (const age of dueAges.take()) observe({ event: 'due-measured', ...age });
}

async function measureUsage({ usage, observe, settings }: MeasureServices): Promise<void> {
  const total = settings.countsUsage ? await usage.totalUsage() : undefined;
  if (total) observe({ event: 'usage-measured', ...total });
}

type BackupServices = Pick<Services, 'coordination' | 'clock' | 'observe'> & {
  readonly usage: Pick<Services['usage'], 'isEmpty'>;
};

/** The times are stored, so that a restart doesn't make a backup younger. Nothing for a service without images. */
export async function measureBackup(services: BackupServices): Promise<void> {
  const { coordination, clock, observe } = services;
  const since = (await timeAt(coordination, 'backup-ended')) ?? (await unbackedSince(services));
  if (since !== undefined) observe({ event: 'backup-measured', ageMs: Math.max(0, clock.now().getTime() - since) });
}

/** Two processes may both be the first to see images: then one of nearly equal times stays. */
async function unbackedSince({ coordination, usage, clock }: BackupServices): Promise<number | undefined> {
  const known = await timeAt(coordination, 'unbacked-since');
  if (known !== undefined || (await usage.isEmpty())) return known;
  const now = clock.now();
  await coordination.setBookmark('unbacked-since', now.toISOString());
  return now.getTime();
}

async function timeAt(
  coordination: Services['coordination'],
  name: 'backup-ended' | 'unbacked-since',
): Promise<number | undefined> {
  const ms = Date.parse((await coordination.bookmark(name)) ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

type OutboxServices = Pick<Services, 'clock' | 'observe'> & { readonly events: StoredEvents | null };

/**
 * Each process reports the outbox, whichever moves the events: one that moves none would report nothing. A failure is
 * reported.
 */
export const measureOutbox = (services: OutboxServices): Promise<void> => told(services, tellOutbox(services));

async function tellOutbox({ events, clock, observe }: OutboxServices): Promise<void> {
  const mover = events?.log.mover;
  if (!mover) return;
  const oldestAt = await mover.oldestAt();
  observe({ event: 'outbox-measured', ageMs: oldestAt ? Math.max(0, clock.now().getTime() - oldestAt.getTime()) : 0 });
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
