import { type ReadyImage, withWorkingCopy, workingCopyOf } from '../../domain/image/image.ts';
import { workingCopyKey } from '../../domain/image/object-key.ts';
import { hashOfCopy, type WorkingCopy } from '../../domain/image/working-copy.ts';
import type { MadeCopy } from '../../imaging/imaging.ts';
import type { MadeFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';
import { amendImage } from '../images/amend-image.ts';
import { discard } from '../images/image-objects.ts';
import { haveRoom } from './room-for-files.ts';

/** A copy of noise takes 4 MB as JPEG, and 12 MB as WebP with an alpha channel of noise. */
const MAX_COPY_BYTES = 16 * 1_048_576;

export type CopyFile = MadeCopy & { readonly file: MadeFile };

type StoreServices = Pick<Services, 'images' | 'objects' | 'diskSpace' | 'settings'>;

/**
 * Stores the working copy of a ready image and names it in the record, unless the record has one. Returns the named
 * copy; null: the image has none, because the disk has no room for it, or because the image isn't ready any more, or
 * its bytes were replaced. Errors: those of the store and of the repository, after which an unnamed copy may remain,
 * until the walk through all objects removes it.
 */
export async function storeWorkingCopy(
  services: StoreServices,
  { id, objectKey }: ReadyImage,
  { file, contentType, width, height }: CopyFile,
): Promise<WorkingCopy | null> {
  const { images, objects } = services;
  if (file.sizeBytes > MAX_COPY_BYTES || !(await haveRoom(services, [file]))) return null;
  const sha256 = hashOfCopy(file.bytes ?? (await file.read()));
  const key = workingCopyKey(id, { sha256 });
  await objects.put(key, file, { contentType });
  const copy = { sha256, sizeBytes: file.sizeBytes, contentType, width, height };
  await amendImage(services, id, (current) =>
    current.workingCopy || current.objectKey !== objectKey ? current : withWorkingCopy(current, copy),
  );
  const image = await images.get(id);
  const named = image ? workingCopyOf(image) : null;
  if (named?.sha256 !== sha256) await discard(services, [key]); // deleted, trashed, held or replaced meanwhile; or another process was quicker
  return image?.status === 'ready' && image.objectKey === objectKey ? named : null;
}
