import { type Image, type ReadyImage, workingCopyOf } from '../../domain/image/image.ts';
import {
  isReplacementKey,
  type ObjectKey,
  renditionNamePrefix,
  renditionsPrefix,
  storedKey,
  uploadOfReplacement,
  workingCopyKey,
} from '../../domain/image/object-key.ts';
import { FORMER_MS, lastFormerEndsAt } from '../../domain/image/replace.ts';
import type { Services } from '../../services.ts';
import { originalsOf } from '../images/image-objects.ts';

type DropServices = Pick<Services, 'images' | 'objects' | 'renditions' | 'clock'>;

/** Bytes that the image had, until others took their place at `endedAt`. */
interface FormerBytes {
  readonly key: ObjectKey;
  readonly endedAt: Date;
}

/**
 * Drops the bytes that others have replaced, and what was made of them, a minute later: nobody reads them any more.
 * The last bytes before the image's own stay for a day. Also drops bytes of uploads that were refused; those that an
 * upload is about to put in their place stay. Returns when there is something to drop; null: there isn't.
 */
export async function dropFormerBytes(services: DropServices, image: ReadyImage): Promise<Date | null> {
  if (!isReplacementKey(image.objectKey)) return null;
  const { images, objects, renditions, clock } = services;
  const { former, unused } = await formerBytes(services, image);
  const made = await Array.fromAsync(objects.list(renditionsPrefix(image.id)));
  // Read last: what has ended may have become the original until then.
  const current = await images.get(image.id);
  if (current?.status !== 'ready' || current.objectKey !== image.objectKey) return null; // its own maintenance is due

  const now = clock.now();
  const mayBeRead = ({ endedAt }: FormerBytes): boolean => now < formerEndsAt(endedAt);
  const last = now < lastFormerEndsAt(image) ? former.at(-1) : undefined;
  const over = former.filter((one) => one !== last && !mayBeRead(one));
  await objects.delete([...unused, ...over.map(({ key }) => key)]);

  const read = former.filter(mayBeRead);
  const prefixes = new Set([image.objectKey, ...read.map(({ key }) => key)].map(renditionNamePrefix));
  const copy = workingCopyOf(current);
  const kept = copy && workingCopyKey(image.id, copy);
  const dropped: ObjectKey[] = [];
  for (const { key, details } of made) {
    const isOver =
      storedKey(key)?.kind === 'working-copy'
        ? key !== kept && (await details()).storedAt < image.uploadedAt // one of the image's own may not be on record yet
        : !prefixes.has(prefixOf(key));
    if (isOver) dropped.push(key);
  }
  await objects.delete(dropped);
  renditions.forget(dropped);

  const next = read[0]?.endedAt;
  if (next) return formerEndsAt(next);
  return last ? lastFormerEndsAt(image) : null;
}

/** Those that were served, the oldest first, and those that never will be. */
async function formerBytes(
  { images, objects }: DropServices,
  image: ReadyImage,
): Promise<{ readonly former: readonly FormerBytes[]; readonly unused: readonly ObjectKey[] }> {
  const unused: ObjectKey[] = [];
  const served: { readonly key: ObjectKey; readonly sinceMs: number }[] = [];
  for (const key of await originalsOf({ objects }, image)) {
    if (key === image.objectKey) continue;
    const upload = uploadOfReplacement(key);
    const record = upload && (await images.get(upload));
    if (record?.status === 'rejected') unused.push(key);
    else if (record?.status !== 'held') served.push({ key, sinceMs: endedMs(record) });
  }
  const inOrder = served.toSorted((one, other) => one.sinceMs - other.sinceMs);
  const former = inOrder.map(({ key }, nth) => {
    const next = inOrder[nth + 1];
    return { key, endedAt: next ? new Date(next.sinceMs) : image.uploadedAt };
  });
  return { former, unused };
}

/** An upload ends when the picture gets its bytes. The image's own upload was before all of them. */
const endedMs = (upload: Image | undefined): number => (upload?.status === 'deleted' ? upload.deletedAt.getTime() : 0);

const formerEndsAt = (endedAt: Date): Date => new Date(endedAt.getTime() + FORMER_MS);

/** How the name of a rendition begins, by `renditionNamePrefix`. */
const prefixOf = (key: ObjectKey): string => {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return name.slice(0, name.lastIndexOf('-') + 1);
};
