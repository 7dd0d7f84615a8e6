import type { ImageId } from '../../domain/image/image-id.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';

/** After this the image is given up: its client may ask anew. */
const LIFE_MINUTES = 60;

/** Pauses after attempts that failed for now. One more failure is the last. */
const PAUSES_SECONDS = [10, 60, 300];
export const MAX_ATTEMPTS = PAUSES_SECONDS.length + 1;

/** A job that hasn't begun within this time may be lost. */
const HINT_SECONDS = 300;

/** A client waits for its answer; sending the job may delay it by this much. */
const PATIENCE_MS = 1_000;

export const fetchEndsAt = (now: Date): Date => new Date(now.getTime() + LIFE_MINUTES * 60_000);

/** The pause after so many attempts. */
export const pauseAfter = (attempts: number): number => PAUSES_SECONDS[attempts - 1] ?? 0;

/** When the sweeper looks at an image whose job was sent with this delay. Without a queue it is the one who fetches. */
export const nextLookAt = ({ clock, settings }: Pick<Services, 'clock' | 'settings'>, delaySeconds: number): Date =>
  new Date(clock.now().getTime() + (delaySeconds + (settings.queuesJobs ? HINT_SECONDS : 0)) * 1000);

/** If the queue fails, the sweeper finds the record. */
export const sendFetch = ({ jobs }: Pick<Services, 'jobs'>, imageId: ImageId, delaySeconds = 0): Promise<void> =>
  waitAtMost(PATIENCE_MS, jobs.send({ kind: 'fetch', imageId }, { delaySeconds }));
