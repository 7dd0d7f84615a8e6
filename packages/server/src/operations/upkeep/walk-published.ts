import { type AskedWalk, backedOff, type Walk } from '../../domain/walk.ts';
import { keepRenewing } from '../../flow/lease.ts';
import type { Lease } from '../../records/coordination/coordination.ts';
import type { PublishedPage } from '../../records/images/image-repository.ts';
import type { Services } from '../../services.ts';
import { endLease, holdLease, LEASE_SECONDS, renewLease } from './hold-lease.ts';
import type { SweepOptions } from './sweep.ts';

/** Work on all published images, page by page. One holder of the lease does it, and a bookmark keeps its place. */
export interface PublishedWork<Request, Current extends Walk> {
  readonly lease: Lease['name'];
  /** Images of one page: what a crash repeats, at most, and what a stop waits for. */
  readonly pageSize: number;
  /** What is to do now; undefined: nothing. */
  due(): Promise<AskedWalk<Request, Current> | undefined>;
  begun(request: Request): Current;
  /** The walk after the work on a page. A page whose work throws is repeated, with a backoff. */
  after(page: PublishedPage, walk: Current, request: Request): Promise<Current>;
  write(walk: Current): Promise<void>;
  tellPostponed(error: unknown): void;
  tellDone(walk: Current, request: Request): void;
}

/**
 * Does the work that is due, from where it stopped. Does nothing while another holder does it. Errors: those of
 * coordination.
 */
export async function walkPublished<Request, Current extends Walk>(
  services: Pick<Services, 'images' | 'coordination' | 'clock'>,
  { holder, signal }: SweepOptions,
  work: PublishedWork<Request, Current>,
): Promise<void> {
  const lease = { name: work.lease, holder };
  if (signal.aborted || !(await work.due()) || !(await holdLease(services, lease))) return;
  try {
    for (let isHeld = true; isHeld && !signal.aborted; ) {
      const asked = await work.due(); // another request may have replaced it
      if (!asked) return;
      await using _ = keepRenewing(LEASE_SECONDS, async () => void (await renewLease(services, lease)));
      const walk = await walkAfterPage(services, asked, work);
      isHeld = await renewLease(services, lease); // a process that was frozen leaves the walk to its successor
      if (isHeld) await work.write(walk);
      if (isHeld && walk.doneAt) work.tellDone(walk, asked.request);
    }
  } finally {
    await endLease(services, lease);
  }
}

async function walkAfterPage<Request, Current extends Walk>(
  { images, clock }: Pick<Services, 'images' | 'clock'>,
  { request, walk: before }: AskedWalk<Request, Current>,
  work: PublishedWork<Request, Current>,
): Promise<Current> {
  const walk = before ?? work.begun(request);
  try {
    return await work.after(await images.published(work.pageSize, walk.position ?? undefined), walk, request);
  } catch (error) {
    work.tellPostponed(error);
    return backedOff(walk, clock.now());
  }
}
