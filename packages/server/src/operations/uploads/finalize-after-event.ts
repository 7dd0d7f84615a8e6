import { isFinalForJob } from '../../domain/errors.ts';
import { imageIdOfIncoming, incomingKeyOf, type ObjectKey } from '../../domain/image/object-key.ts';
import type { Arrival } from '../../domain/job.ts';
import type { Services } from '../../services.ts';

type ArrivalServices = Pick<Services, 'images' | 'objects' | 'finalize'>;

/**
 * Finalizes each arrival in the service's bucket and ignores other buckets. Errors: one of theirs, after all are done.
 */
export async function finalizeAfterEvent(services: ArrivalServices, arrivals: readonly Arrival[]): Promise<void> {
  const failures: unknown[] = [];
  for (const { bucket, keys } of arrivals) {
    if (bucket !== services.objects.bucket) continue;
    await finalizeArrival(services, keys).catch((error: unknown) => failures.push(error));
  }
  const [failure] = failures.filter((error) => !isFinalForJob(error));
  if (failure !== undefined) throw failure;
}

/**
 * Finalizes the pending image of a new object, or waits for its finalizer, which may have died; an object of any other
 * image is deleted. `keys`: the possible keys of the object, all of one image. Errors: those of `finalize`.
 */
export async function finalizeArrival(services: ArrivalServices, keys: readonly ObjectKey[]): Promise<void> {
  const [id] = keys.flatMap((key) => imageIdOfIncoming(key) ?? []);
  const image = id && (await services.images.getToChange(id));
  if (image?.status !== 'pending' || !keys.includes(incomingKeyOf(image))) {
    await services.objects.delete(keys);
    return;
  }
  await services.finalize(image.id);
}
