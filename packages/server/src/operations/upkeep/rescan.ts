import type { PublishedImage } from '../../domain/image/image.ts';
import { begunWalk, failedWalk, type RescanRequest, type RescanWalk, steppedWalk } from '../../domain/image/rescan.ts';
import { hasSeenSince } from '../../domain/image/screening.ts';
import { isWalkDue } from '../../domain/walk.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { KnownGate } from '../../gates/gate.ts';
import type { PublishedPage } from '../../records/images/image-repository.ts';
import type { Services } from '../../services.ts';
import { readRescan, writeWalk } from '../gates/rescan-bookmarks.ts';
import { type RescanImageServices, type Rescanned, rescanImage } from '../gates/rescan-image.ts';
import { observedRound } from './observed-round.ts';
import type { SweepOptions } from './sweep.ts';
import { walkPublished } from './walk-published.ts';

type RescanServices = RescanImageServices & Pick<Services, 'coordination'>;

/** Continues the re-scan of each gate of this process. Does nothing about one that another holder works on. */
export async function sweepRescans(
  services: RescanServices & Pick<Services, 'clock' | 'observe'>,
  options: SweepOptions,
): Promise<void> {
  if (services.gates.length > 0) await sweepAll(services, options);
}

const sweepAll = observedRound('rescans', async (services: RescanServices, options: SweepOptions) => {
  for (const gate of services.gates) await continueRescan(services, gate, options);
});

const continueRescan = (services: RescanServices, gate: KnownGate, options: SweepOptions): Promise<void> =>
  walkPublished<RescanRequest, RescanWalk>(services, options, {
    lease: `rescan-${gate.name}`,
    pageSize: 20,
    async due() {
      const rescan = await readRescan(services, gate.name);
      return rescan && isWalkDue(rescan.walk, services.clock.now()) ? rescan : undefined;
    },
    begun: begunWalk,
    after: (page, walk, request) => nextWalk(services, gate, { page, walk, request }),
    write: (walk) => writeWalk(services, gate.name, walk),
    tellPostponed: (error) => services.observe({ event: 'rescan-postponed', gate: gate.name, error }),
    tellDone: ({ passed, refused, held, failed }, { before }) =>
      services.observe({ event: 'rescan-done', gate: gate.name, before, passed, refused, held, failed }),
  });

async function nextWalk(
  services: RescanServices,
  gate: KnownGate,
  { page: { images, next }, walk, request }: RescanPage,
): Promise<RescanWalk> {
  const unseen = images.filter(({ decisions }) => !hasSeenSince(decisions, gate.name, request.before));
  const { counts, error } = await rescanAll(services, gate, unseen);
  const now = services.clock.now();
  const isGivenUp = walk.failures + 1 >= gate.rules.attempts && (await isThere(gate));
  if (counts.failed === 0 || counts.failed < unseen.length || isGivenUp)
    return steppedWalk(walk, { ...counts, next }, now);
  services.observe({ event: 'rescan-postponed', gate: gate.name, error });
  return failedWalk(walk, now);
}

interface RescanPage {
  readonly page: PublishedPage;
  readonly walk: RescanWalk;
  readonly request: RescanRequest;
}

/**
 * Images that nothing could be decided about in `attempts` rounds are left as they are, unless the gate itself is away.
 */
const isThere = (gate: KnownGate): Promise<boolean> =>
  gate.check(AbortSignal.timeout(gate.rules.timeoutMs)).then(
    () => true,
    () => false,
  );

/** At most half of what the gate answers at a time: uploads have the other half. */
const placesOf = ({ rules }: KnownGate): number => Math.max(1, Math.floor(rules.concurrency / 2));

async function rescanAll(services: RescanServices, gate: KnownGate, images: readonly PublishedImage[]) {
  const counts: Record<Rescanned, number> = { passed: 0, refused: 0, held: 0, gone: 0, failed: 0 };
  let error: unknown = null;
  await workAtMost(placesOf(gate), images, async (image) => {
    // A gate that is away needs its whole timeout to say so.
    if (counts.failed >= placesOf(gate) && counts.failed === sumOf(counts)) {
      counts.failed += 1;
      return;
    }
    const outcome = await rescanImage(services, image, gate.name).catch((failure: unknown) => {
      error = failure;
      services.observe({ event: 'sweep-postponed', subject: image.id, error: failure });
      return 'failed' as const;
    });
    if (outcome === 'failed') error ??= gate.lastError();
    counts[outcome] += 1;
  });
  const { gone: _, ...counted } = counts;
  return { counts: counted, error };
}

const sumOf = (counts: Readonly<Record<Rescanned, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
