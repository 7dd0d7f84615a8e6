import type { Client } from '../../domain/access/client.ts';
import { backsOffUntil, type PendingImage, type ReadyImage } from '../../domain/image/image.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';

/** Bounds the cost of read-your-writes: a client that lists right after its upload finds the image. */
const MAX_PROBES = 20;
const PROBE_SECONDS = 2;

export interface Probe {
  readonly ready: readonly ReadyImage[];
  /** Uploads whose examination continues in the background. */
  readonly unfinished: readonly PendingImage[];
}

/**
 * Checks whether the newest pending uploads that `isAsked` accepts have arrived, and examines those that have. An
 * absence isn't cached. Uploads in parts have a client that says when it is done.
 */
export async function probeUploads(
  services: Pick<Services, 'images' | 'clock' | 'finalize'>,
  userId: string | undefined,
  client: Client,
  isAsked: (image: PendingImage) => boolean = () => true,
): Promise<Probe> {
  const newest = await services.images.find({ status: 'pending', userId, order: 'newest', limit: MAX_PROBES });
  const now = services.clock.now();
  const uploads = newest.images.filter(
    (image): image is PendingImage =>
      image.status === 'pending' &&
      !image.isDirect &&
      image.parts === null &&
      !backsOffUntil(image, now) &&
      isAsked(image),
  );
  const ready: ReadyImage[] = [];
  const unfinished = new Set(uploads);
  const probe = async (upload: PendingImage): Promise<void> => {
    try {
      const image = await services.finalize(upload.id, client);
      if (image.status === 'ready' && image.id === upload.id) ready.push(image);
    } finally {
      unfinished.delete(upload);
    }
  };
  // A failed upload must not fail the list.
  if (uploads.length > 0) await waitAtMost(PROBE_SECONDS * 1000, Promise.allSettled(uploads.map(probe)));
  return { ready: [...ready], unfinished: [...unfinished] };
}
