import { DEFAULT_EVENT_DAYS, removedBefore } from '../../domain/event/retention.ts';
import { lastLookAt } from '../../domain/image/deadlines.ts';
import { type Image, isUntouched, type PendingImage } from '../../domain/image/image.ts';
import type { Lane } from '../../domain/image/lane.ts';
import { INCOMING_PREFIX, imageIdOfIncoming, type ObjectKey } from '../../domain/image/object-key.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { UnfinishedUpload } from '../../object-store/multipart.ts';
import type { DuePart } from '../../records/images/image-repository.ts';
import type { Services } from '../../services.ts';
import { finalizeArrival } from '../uploads/finalize-after-event.ts';
import { abandonedUpload } from './abandoned-upload.ts';
import { emptyAlbums } from './empty-albums.ts';
import { endLease, holdLease, renewLease } from './hold-lease.ts';
import { observedRound } from './observed-round.ts';
import { postpone } from './postpone.ts';
import type { SweepServices as DueServices } from './sweep-image.ts';
import { sweepPage } from './sweep-page.ts';
import { sweepScreening } from './sweep-screening.ts';
import { whenIncomingIsListed } from './when-incoming-is-listed.ts';

/*
 * One sweep. Each record says when the sweeper has work on it (`dueAt` in domain/image/image.ts; the times are in
 * domain/image/deadlines.ts), and the sweeper does this work even if every job is lost.
 *
 * 1. run/worker.ts starts each part at once and then every minute: four lanes of records (domain/image/lane.ts),
 *    objects and unfinished uploads under `incoming/`, deleted albums (empty-albums.ts), and records past their last
 *    day.
 * 2. A lane is swept shard by shard. `ImageRepository.due` returns a page of due records. A lease for each lane and
 *    shard (hold-lease.ts) makes one process do it.
 * 3. sweep-page.ts does the page, by sweep-image.ts. `pending`: finalize once more, also after a finalizer that died;
 *    a quarter of an hour after the last URL has ended the image expires. `held`: ask the next gate, in turn by payer,
 *    or end the wait at its deadline (sweep-screening.ts). `ready`: make the working copy and eager renditions that
 *    are missing, drop old free ones and those around former focal points. `trashed`: delete the image once its time
 *    in the trash has ended. `rejected`, `expired`, `deleted`: delete the objects, twice, because a late PUT may still
 *    arrive; after thirty days delete the record.
 * 4. An image on which the sweeper fails is due again later, with backoff (postpone.ts).
 * 5. sweep-orphans.ts walks through all originals and renditions and deletes those that no record refers to. A
 *    bookmark keeps its position (orphan-walk.ts).
 *
 * A job only makes this faster.
 */

export type SweepServices = DueServices &
  Pick<Services, 'albums' | 'coordination' | 'dueAges' | 'incomingLists' | 'events' | 'eventLog' | 'webhooks'>;

export interface SweepOptions {
  /** The sweeper's id: of several processes, one does a part at a time. */
  readonly holder: string;
  /** Ends the round early, between two pages of images. */
  readonly signal: AbortSignal;
}

/** The lanes by due time alone; held images take turns by payer. */
const PAGED_LANES = ['recovery', 'renditions', 'removal'] as const satisfies readonly Lane[];
type PagedLane = (typeof PAGED_LANES)[number];
/** Images of one page: at most a minute's work, so that a stop takes effect in time. */
const PAGES = { recovery: 20, renditions: 20, removal: 50 } as const satisfies Record<PagedLane, number>;
/** Objects under `incoming/` examined together: fewer than may wait for a decoder (imaging). */
const ARRIVALS_AT_ONCE = 10;

/** One part of the sweep, which skips what another holder works on. Errors: those of the repository. */
type Sweeping = (services: SweepServices, options: SweepOptions) => Promise<void>;

export const sweepHeld: Sweeping = observedRound('screening', sweepScreening);

/** Each part runs in its own loop in a long-lived process, so that none waits for another. */
export const SWEEPS: readonly Sweeping[] = [
  ...PAGED_LANES.map((lane) =>
    observedRound(lane, (services: SweepServices, options: SweepOptions) => sweepLane(services, lane, options)),
  ),
  sweepHeld,
  observedRound('incoming', sweepIncoming),
  observedRound('albums', emptyAlbums),
  observedRound('records', forgetRecords),
];

/**
 * Does the due work: leftovers of crashes, outages and absent clients, and later removals. A failure of one image is
 * retried when it is due again.
 */
export async function sweep(services: SweepServices, options: SweepOptions): Promise<void> {
  for (const part of SWEEPS) await part(services, options);
}

async function forgetRecords({ images, events, eventLog, webhooks, clock }: SweepServices): Promise<void> {
  const now = clock.now();
  await images.forget(now);
  // Also those of a time before EVENTS was switched off: they name users.
  const before = removedBefore(now, events?.days ?? DEFAULT_EVENT_DAYS);
  await eventLog.forget(before, now);
  await webhooks.forget(before);
}

/** All shards of a lane, from a random one on, so that several processes rarely meet. */
async function sweepLane(services: SweepServices, lane: PagedLane, options: SweepOptions): Promise<void> {
  const { shards } = services.images;
  const first = Math.floor(Math.random() * shards);
  let isEmpty = true;
  for (let nth = 0; nth < shards; nth += 1) {
    const part = { lane, shard: (first + nth) % shards };
    isEmpty = (await sweepPart(services, part, options)) === 'empty' && isEmpty;
  }
  if (isEmpty) services.dueAges.nothing(lane);
}

/** `empty`: it was read, and nothing is due. */
async function sweepPart(
  services: SweepServices,
  part: DuePart & { readonly lane: PagedLane },
  options: SweepOptions,
): Promise<'empty' | undefined> {
  const { images, clock, dueAges } = services;
  const { lane } = part;
  const limit = PAGES[lane];
  const nextPage = async () => {
    const page = await images.due(clock.now(), limit, part);
    dueAges.found(lane, page);
    return page;
  };
  const { signal } = options;
  if (signal.aborted) return undefined;
  let page = await nextPage();
  if (page.length === 0) return 'empty'; // before the lease, which costs a write
  const lease = { name: `sweep-${lane}-${part.shard}`, holder: options.holder } as const;
  if (!(await holdLease(services, lease))) return undefined;
  try {
    for (;;) {
      using _ = dueAges.begun(lane, page);
      await sweepPage(services, page);
      if (page.length < limit || signal.aborted || !(await renewLease(services, lease))) return undefined;
      page = await nextPage();
    }
  } finally {
    await endLease(services, lease);
  }
}

/** Releases the lease, so that another holder can sweep. */
export async function endSweeping(
  services: Pick<Services, 'coordination' | 'clock' | 'settings'>,
  holder: string,
): Promise<void> {
  if (services.settings.incomingListing !== 'never') await endLease(services, { name: 'sweep-incoming', holder });
}

/** Finds uploads that nobody examined, because the process died, and objects from a second use of a URL. */
async function sweepIncoming(services: SweepServices, options: SweepOptions): Promise<void> {
  if (options.signal.aborted) return;
  await whenIncomingIsListed(services, options, () => sweepListed(services, options));
}

async function sweepListed(services: SweepServices, { holder, signal }: SweepOptions): Promise<void> {
  // The lease is kept, so that one process lists instead of each in turn.
  if (!(await holdLease(services, { name: 'sweep-incoming', holder }))) return;
  const sweepAll = (keys: readonly ObjectKey[]) =>
    workAtMost(ARRIVALS_AT_ONCE, keys, (key) => sweepArrived(services, key));
  let page: ObjectKey[] = [];
  for await (const { key } of services.objects.list(INCOMING_PREFIX)) {
    if (signal.aborted) return;
    page.push(key);
    if (page.length < ARRIVALS_AT_ONCE) continue;
    await sweepAll(page);
    page = [];
  }
  await sweepAll(page);
  for await (const upload of services.multipart.list(INCOMING_PREFIX)) {
    if (signal.aborted) return;
    await sweepUnfinished(services, upload);
  }
}

/** An upload in parts that its record no longer names, or never did: the process died, or a restore brought it back. */
async function sweepUnfinished(services: SweepServices, upload: UnfinishedUpload): Promise<void> {
  try {
    if (await abandonedUpload(services, upload)) await services.multipart.abort(upload);
  } catch (error) {
    services.observe({ event: 'sweep-postponed', subject: upload.key, error });
  }
}

async function sweepArrived(services: SweepServices, key: ObjectKey): Promise<void> {
  let image: Image | undefined;
  try {
    const id = imageIdOfIncoming(key);
    image = id && (await services.images.get(id));
    if (image?.status === 'pending' && comesDueByItself(image)) return;
    await finalizeArrival(services, [key]);
  } catch (error) {
    services.observe({ event: 'sweep-postponed', subject: key, error });
    if (image) await postpone(services, image);
  }
}

/** The image is or was claimed, or it is past its last examination and was postponed. */
const comesDueByItself = (image: PendingImage): boolean =>
  !isUntouched(image) || image.lookAt.getTime() !== lastLookAt(image.expiresAt).getTime();
