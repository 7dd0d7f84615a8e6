import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { PARTS } from '../../observe/health/part-health.ts';
import type { Services } from '../../services.ts';
import { checkGates } from '../gates/check-gates.ts';

/** A part that takes longer for a write of a few bytes can't serve requests either. */
const PATIENCE_SECONDS = 5;

type ProbedServices = Pick<Services, 'images' | 'objects' | 'health' | 'clock'>;
type ReadinessServices = ProbedServices &
  Pick<Services, 'coordination' | 'diskSpace' | 'gates' | 'clockOffsets' | 'probes'> & {
    readonly settings: Pick<Services['settings'], 'readyRequires'>;
  };

/**
 * What may keep the service from all of its work. A disk without space for uploads keeps it from these only, a failing
 * gate from making them ready, and a wrong clock from URLs that are valid now.
 */
export const DEGRADABLE = [...PARTS, 'disk-space', 'gates', 'clock'] as const;
export type Degradable = (typeof DEGRADABLE)[number];

/**
 * The parts with failed calls in the last half minute, the disk space if uploads are refused for it, and the gates if
 * the last call of one failed, and the clock if it is far from a store's, while requests can still be served. Health is
 * derived from real calls; a part without any is probed with a write, once in half a minute for any number of callers.
 * Errors: `unavailable`, naming the required parts of which every write has failed for long enough; the reasons are in
 * the log only.
 */
export async function checkReadiness(services: ReadinessServices): Promise<readonly Degradable[]> {
  const { health, probes, diskSpace, settings } = services;
  if (health.records.isDamaged()) await hearOfCheck(services);
  if (PARTS.some((part) => !health[part].isKnown())) await probes.once('parts', () => probe(services));
  const failing = settings.readyRequires.filter((part) => health[part].condition() === 'failing');
  if (failing.length === 0) {
    const degraded = PARTS.filter((part) => ['degraded', 'failing'].includes(health[part].condition()));
    return [
      ...degraded,
      ...((await diskSpace.isLow()) ? (['disk-space'] as const) : []),
      ...((await checkGates(services)).some(({ error }) => error !== null) ? (['gates'] as const) : []),
      ...(services.clockOffsets.isOff() ? (['clock'] as const) : []),
    ];
  }
  const causes = failing.map((part) => health[part].lastError());
  throw new AppError('unavailable', `expected the required parts to work; got a failure of ${failing.join(' and ')}`, {
    errors: failing.map((part) => ({ pointer: `/parts/${part}`, detail: 'Calls to it fail; the log has the reason' })),
    cause: causes.length === 1 ? causes[0] : new AggregateError(causes),
  });
}

/** `backup` checks the database, in a process of its own. */
async function hearOfCheck({ coordination, clock, health: { records } }: ReadinessServices): Promise<void> {
  const soundAt = await coordination.bookmark('database-sound').catch(() => undefined); // the part counts it
  const agoMs = clock.now().getTime() - Date.parse(soundAt ?? '');
  if (!Number.isNaN(agoMs)) records.foundSound(agoMs);
}

/** The parts count the results of these probes like those of any write. */
async function probe({ images, objects, health, clock }: ProbedServices): Promise<void> {
  const checks = { records: () => images.check(clock.now()), objects: () => objects.check() };
  const unknown = PARTS.filter((part) => !health[part].isKnown());
  await Promise.all(
    unknown.map(async (part) => {
      const patience = new AbortController();
      const late = delay(PATIENCE_SECONDS * 1000, undefined, { signal: patience.signal }).then(() => {
        const detail = `expected an answer within ${PATIENCE_SECONDS} s; got none`;
        health[part].failed('write', new AppError('unavailable', detail));
      });
      await Promise.race([late, checks[part]()]).catch(() => undefined);
      patience.abort();
      late.catch(() => undefined);
    }),
  );
}
