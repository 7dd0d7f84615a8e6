import { isFinalForJob } from '../../domain/errors.ts';
import { imageIdOfIncoming, incomingKey, type ObjectKey } from '../../domain/image/object-key.ts';
import type { Arrival } from '../../job-queue/job-queue.ts';
import type { Services } from '../../services.ts';

type ArrivalServices = Pick<Services, 'images' | 'objects' | 'finalize'>;

/** Does what `acceptArrival` does about each; of another bucket nothing. Errors: those of one, when the others are done. */
export async function acceptArrivals(services: ArrivalServices, arrivals: readonly Arrival[]): Promise<void> {
  const failures: unknown[] = [];
  for (const { bucket, keys } of arrivals) {
    if (bucket !== services.objects.bucket) continue;
    await acceptArrival(services, keys).catch((error: unknown) => failures.push(error));
  }
  const [failure] = failures.filter((error) => !isFinalForJob(error));
  if (failure !== undefined) throw failure;
}

/**
 * Finalizes the pending image that an object came for, or waits for who is at it, since that one may have died; what came for
 * any other is deleted. `keys` are those that it may have, all of one image. Errors: those of `finalize`.
 */
export async function acceptArrival(services: ArrivalServices, keys: readonly ObjectKey[]): Promise<void> {
  const [id] = keys.flatMap((key) => imageIdOfIncoming(key) ?? []);
  const image = id && (await services.images.getToChange(id));
  if (image?.status !== 'pending' || !keys.includes(incomingKey(image.userId, image.id))) {
    await services.objects.delete(keys);
    return;
  }
  await services.finalize(image.id);
}
