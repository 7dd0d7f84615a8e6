import type { Client } from '../domain/client.ts';
import { backsOffUntil, type ReadyImage } from '../domain/image.ts';
import { type FinalizeServices, finalizeUpload } from './finalize-upload.ts';
import { waitAtMost } from './wait-at-most.ts';

/** Whoever lists right after its upload finds it, at a bounded price. */
const MAX_PROBES = 20;
const PROBE_SECONDS = 2;

/**
 * Looks whether the newest pending uploads have arrived, and answers those found ready; what takes longer goes on behind.
 * An absence isn't remembered.
 */
export async function probeUploads(
  services: FinalizeServices,
  userId: string | undefined,
  client: Client,
): Promise<readonly ReadyImage[]> {
  const newest = await services.images.find({ status: 'pending', userId, order: 'newest', limit: MAX_PROBES });
  const now = services.clock.now();
  const uploads = newest.images.filter(
    (image) => image.status === 'pending' && !image.isDirect && !backsOffUntil(image, now),
  );
  if (uploads.length === 0) return [];
  const ready: ReadyImage[] = [];
  const probe = async ({ id }: (typeof uploads)[number]): Promise<void> => {
    const image = await finalizeUpload(services, id, client);
    if (image.status === 'ready') ready.push(image);
  };
  // Whatever an upload fails with is its own affair: the list goes on without it.
  await waitAtMost(PROBE_SECONDS * 1000, Promise.allSettled(uploads.map(probe)));
  return [...ready];
}
