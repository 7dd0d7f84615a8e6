import { retryAt } from '../../domain/image/deadlines.ts';
import type { PublishedImage } from '../../domain/image/image.ts';
import { begunWalk, failedWalk, isDone, type Rescan, type RescanWalk, steppedWalk } from '../../domain/image/rescan.ts';
import { hasSeenSince } from '../../domain/image/screening.ts';
import { keepRenewing } from '../../flow/lease.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { KnownGate } from '../../gates/gate.ts';
import type { Services } from '../../services.ts';
import { readRescan, writeWalk } from '../gates/rescan-bookmarks.ts';
import { type RescanImageServices, type Rescanned, rescanImage } from '../gates/rescan-image.ts';
import { endLease, holdLease, LEASE_SECONDS, renewLease } from './hold-lease.ts';
import { observedRound } from './observed-round.ts';
import type { SweepOptions } from './sweep.ts';

type RescanServices = RescanImageServices & Pick<Services, 'coordination'>;

/** Images of one page: what a crash repeats, at most, and what a stop waits for. */
const PAGE = 20;

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

async function continueRescan(services: RescanServices, gate: KnownGate, options: SweepOptions): Promise<void> {
  const { holder, signal } = options;
  const lease = { name: `rescan-${gate.name}`, holder } as const;
  const isDue = async () => isWorkLeft(await readRescan(services, gate.name), services.clock.now());
  if (signal.aborted || !(await isDue()) || !(await holdLease(services, lease))) return;
  try {
    for (let isHeld = true; isHeld && !signal.aborted; ) {
      const rescan = await readRescan(services, gate.name); // another request may have replaced it
      if (!isWorkLeft(rescan, services.clock.now())) return;
      await using _ = keepRenewing(LEASE_SECONDS, async () => void (await renewLease(services, lease)));
      const walk = await nextWalk(services, gate, rescan);
      isHeld = await renewLease(services, lease); // a process that was frozen leaves the walk to its successor
      if (isHeld) await writeWalk(services, gate.name, walk);
      if (isHeld && walk.doneAt) tellEnd(services, gate, { ...rescan, walk });
    }
  } finally {
    await endLease(services, lease);
  }
}

const isWorkLeft = (rescan: Rescan | undefined, now: Date): rescan is Rescan =>
  rescan !== undefined && !isDone(rescan) && (rescan.walk?.failing?.until ?? now) <= now;

/** The walk after another page. */
async function nextWalk(
  services: RescanServices,
  gate: KnownGate,
  { request, walk: before }: Rescan,
): Promise<RescanWalk> {
  const walk = before ?? begunWalk(request);
  const { images, next } = await services.images.published(PAGE, walk.position ?? undefined);
  const unseen = images.filter(({ decisions }) => !hasSeenSince(decisions, gate.name, request.before));
  const { counts, error } = await rescanAll(services, gate, unseen);
  const now = services.clock.now();
  const isGivenUp = walk.failures + 1 >= gate.rules.attempts && (await isThere(gate));
  if (counts.failed === 0 || counts.failed < unseen.length || isGivenUp)
    return steppedWalk(walk, { ...counts, next }, now);
  services.observe({ event: 'rescan-postponed', gate: gate.name, error });
  const since = walk.failing?.since ?? now;
  return failedWalk(walk, { since, until: retryAt(since, now) });
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

function tellEnd(services: RescanServices, { name: gate }: KnownGate, { request, walk }: Rescan): void {
  if (!walk) return;
  const { passed, refused, held, failed } = walk;
  services.observe({ event: 'rescan-done', gate, before: request.before, passed, refused, held, failed });
}
