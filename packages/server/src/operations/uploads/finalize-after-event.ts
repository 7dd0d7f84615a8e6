import { isFinalForJob } from '../../domain/errors.ts';
import { imageIdOfIncoming, incomingKey, type ObjectKey } from '../../domain/image/object-key.ts';
import type { Arrival } from '../../job-queue/job-queue.ts';
import type { Services } from '../../services.ts';

type ArrivalServices = Pick<Services, 'images' | 'objects' | 'finalize'>;

/**
 * Finalizes each arrival; events of another bucket are ignored. All arrivals are done before the first error is thrown. Errors: those
 * of `finalize`.
 */
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
 * Finalizes the pending image of an object, or waits for the current finalizer, which may have died. Objects of an image that isn't
 * pending are deleted. `keys`: possible keys, all of one image. Errors: those of `finalize`.
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
