import { type ReadyImage, workingCopyOf } from '../../domain/image/image.ts';
import {
  isReplacementKey,
  type ObjectKey,
  renditionNamePrefix,
  renditionsPrefix,
  storedKey,
  uploadOfReplacement,
  workingCopyKey,
} from '../../domain/image/object-key.ts';
import { formerEndsAt, lastFormerEndsAt } from '../../domain/image/replace.ts';
import type { Services } from '../../services.ts';
import { originalsOf, waitsForItsPlace } from '../images/image-objects.ts';

type DropServices = Pick<Services, 'images' | 'objects' | 'renditions' | 'clock'>;

/**
 * Drops the bytes that others have replaced, and what was made of them, once nobody reads them any more; also bytes of
 * uploads that were refused. Those that an upload is about to put in their place stay. Returns when there is something
 * to drop; null: there isn't.
 */
export async function dropFormerBytes(services: DropServices, image: ReadyImage): Promise<Date | null> {
  if (!isReplacementKey(image.objectKey)) return null;
  const endsAt = formerEndsAt(image);
  if (services.clock.now() < endsAt) return endsAt;
  await dropRenditions(services, image);
  return dropOriginals(services, image);
}

/** The last bytes before the image's own stay for a while, and nothing serves them. */
async function dropOriginals({ images, objects, clock }: DropServices, image: ReadyImage): Promise<Date | null> {
  const endsAt = lastFormerEndsAt(image);
  const over: ObjectKey[] = [];
  for (const key of await originalsOf({ objects }, image))
    if (!(await waitsForItsPlace({ images }, key))) over.push(key);
  // Read last: what has ended may have become the original until then.
  const current = await images.get(image.id);
  if (current?.status !== 'ready') return null;
  const former = over.filter((key) => key !== current.objectKey).toSorted(byUpload);
  const keepsLast = former.length > 0 && clock.now() < endsAt;
  await objects.delete(keepsLast ? former.slice(0, -1) : former);
  return keepsLast ? endsAt : null;
}

/** The bytes of the image's own upload first, and then by the time of the upload that brought them. */
const byUpload = (one: ObjectKey, other: ObjectKey): number =>
  (uploadOfReplacement(one) ?? '').localeCompare(uploadOfReplacement(other) ?? '');

/** Names of renditions tell of which bytes they are. A working copy of the image's own may not be on record yet. */
async function dropRenditions({ images, objects, renditions }: DropServices, image: ReadyImage): Promise<void> {
  const stored = await Array.fromAsync(objects.list(renditionsPrefix(image.id)));
  const current = await images.get(image.id); // read after listing, as in dropSupersededRenditions
  if (current?.status !== 'ready' || current.objectKey !== image.objectKey) return;
  const copy = workingCopyOf(current);
  const kept = copy && workingCopyKey(image.id, copy);
  const prefix = renditionNamePrefix(image.objectKey);
  const former: ObjectKey[] = [];
  for (const { key, details } of stored) {
    const isFormer =
      storedKey(key)?.kind === 'working-copy'
        ? key !== kept && (await details()).storedAt < current.uploadedAt
        : !key.slice(key.lastIndexOf('/') + 1).startsWith(prefix);
    if (isFormer) former.push(key);
  }
  await objects.delete(former);
  renditions.forget(former);
}
