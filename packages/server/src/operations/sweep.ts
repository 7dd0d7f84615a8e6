import type { Image } from '../domain/image.ts';
import { INCOMING_PREFIX, imageIdOfIncoming, type ObjectKey } from '../domain/object-key.ts';
import type { Lease } from '../image-repository/image-repository.ts';
import type { Services } from '../services.ts';
import { acceptArrival } from './accept-arrival.ts';
import { hasLiveClaim } from './claim.ts';
import { type SweepServices, sweepImage } from './sweep-image.ts';
import { whenIncomingIsListed } from './when-incoming-is-listed.ts';

export interface SweepOptions {
  /** Who sweeps: of several processes one does at a time. */
  readonly holder: string;
  /** Ends the round early, between two pages of images. */
  readonly signal: AbortSignal;
  /** Hears of what is tried again later. */
  readonly onFailure: (error: unknown, subject: Image['id'] | ObjectKey) => void;
}

/** Longer than a page of images takes; a sweeper that died is succeeded after this. */
const LEASE_SECONDS = 300;
/** Images looked at together: fewer than may wait for a decoder (imaging). */
const PAGE = 20;

/**
 * Does what is due: whatever a crash, an outage or an absent client left, and the removals that come later. Nothing to do
 * while another holder is at it. Errors: those of the repository; what fails of one image waits for its next time.
 */
export async function sweep(
  services: SweepServices & Pick<Services, 'incomingLists'>,
  options: SweepOptions,
): Promise<void> {
  if (!(await services.images.holdLease(...leaseNow(services, options)))) return;
  for (;;) {
    const due = await services.images.due(services.clock.now(), PAGE);
    await all(due.map((image) => sweepImage(services, image, options.onFailure)));
    if (due.length < PAGE) break;
    if (options.signal.aborted || !(await services.images.renewLease(...leaseNow(services, options)))) return;
  }
  await whenIncomingIsListed(services, options, () => sweepIncoming(services, options));
  await services.images.purge(services.clock.now());
}

function leaseNow({ clock }: Pick<Services, 'clock'>, { holder }: SweepOptions): [lease: Lease, now: Date] {
  const now = clock.now();
  return [{ name: 'sweep', holder, until: new Date(now.getTime() + LEASE_SECONDS * 1000) }, now];
}

/** Lets another holder sweep at once, where this one ends. */
export async function endSweeping(
  { images, clock }: Pick<Services, 'images' | 'clock'>,
  holder: string,
): Promise<void> {
  const now = clock.now();
  await images.holdLease({ name: 'sweep', holder, until: new Date(0) }, now);
}

/** What arrived and nobody looked at, since the process died in between; and what a URL was used for once more. */
async function sweepIncoming(services: SweepServices, { signal, onFailure }: SweepOptions): Promise<void> {
  const sweepAll = (keys: readonly ObjectKey[]) =>
    Promise.all(keys.map((key) => sweepArrived(services, key).catch((error: unknown) => onFailure(error, key))));
  let page: ObjectKey[] = [];
  for await (const { key } of services.objects.list(INCOMING_PREFIX)) {
    if (signal.aborted) return;
    page.push(key);
    if (page.length < PAGE) continue;
    await sweepAll(page);
    page = [];
  }
  await sweepAll(page);
}

async function sweepArrived(services: SweepServices, key: ObjectKey): Promise<void> {
  const id = imageIdOfIncoming(key);
  const image = id && (await services.images.get(id));
  const isClaimed = image?.status === 'pending' && hasLiveClaim(image, services.clock.now());
  if (!isClaimed) await acceptArrival(services, [key]); // a claim comes due by itself
}

/** Until all have ended; then the first failure, if there was one. */
async function all(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}
