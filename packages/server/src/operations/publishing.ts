import type { ReadyImage } from '../domain/image.ts';
import type { Services } from '../services.ts';
import { waitAtMost } from './wait-at-most.ts';

/** Its uploader waits for an answer: no more than this for the job. */
const PATIENCE_MS = 1_000;

/** An image that becomes ready now: its eager renditions, if any are wanted, are due at once. */
export function publishing({ clock, settings }: Pick<Services, 'clock' | 'settings'>): {
  at: Date;
  tendAt: Date | null;
} {
  const at = clock.now();
  return { at, tendAt: settings.eagerPresets.length > 0 ? at : null };
}

/** Lets a worker know what is due of an image that just became ready; should the queue be gone, the sweeper finds it. */
export async function announce({ jobs }: Pick<Services, 'jobs'>, { id, tendAt }: ReadyImage): Promise<void> {
  if (tendAt !== null) await waitAtMost(PATIENCE_MS, jobs.send({ kind: 'tend', imageId: id }));
}
