import type { Album } from '../../domain/album/album.ts';
import { type StoredImage, tombstone, workingCopyOf } from '../../domain/image/image.ts';
import { type ObjectKey, workingCopyKey } from '../../domain/image/object-key.ts';
import type { MultipartUploads } from '../../object-store/multipart.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { UsageRepair } from '../../records/usage/usage-repository.ts';
import type { Services } from '../../services.ts';
import { abandonedUpload } from '../upkeep/abandoned-upload.ts';
import { reconcileUsage } from '../usage/reconcile-usage.ts';
import { type CheckServices, checkImage } from './check-image.ts';
import { isStillOrphan } from './check-objects.ts';
import type { ImageFinding, ObjectFinding, UploadFinding } from './finding.ts';

export type MendServices = CheckServices &
  Pick<Services, 'images' | 'albums' | 'usage' | 'clock'> & {
    readonly objects: Pick<ObjectStore, 'delete'>;
    readonly multipart: Pick<MultipartUploads, 'abort'>;
  };

/**
 * Changes the stores. In front of SQLite only the process that holds the folder's lock may. Errors: those of the
 * stores.
 */
export interface Mender {
  /** False: it has changed since it was found. After an error it stays as it is. */
  mend(finding: ImageFinding | ObjectFinding | UploadFinding): Promise<boolean>;
  /** Counts the images of the album once more. */
  recountAlbum(album: Album): Promise<{ readonly images: number; readonly was: number }>;
  /** Counts all owners anew. */
  recount(onRepair: (repair: UsageRepair) => void): Promise<void>;
}

export const createMender = (services: MendServices): Mender => ({
  mend: (finding) => mend(services, finding),
  recountAlbum: (album) => services.albums.recount(album),
  recount: (onRepair) => reconcileUsage(services, onRepair),
});

async function mend(services: MendServices, finding: Parameters<Mender['mend']>[0]): Promise<boolean> {
  const { images, objects, clock } = services;
  if (finding.kind === 'upload-abandoned') {
    if (!(await abandonedUpload(services, finding))) return false;
    await services.multipart.abort(finding);
    return true;
  }
  if ('key' in finding) {
    if (!(await isStillOrphan(services, finding))) return false;
    await objects.delete([finding.key]);
    return true;
  }
  const image = await currentOf(services, finding);
  if (!image) return false;
  switch (finding.kind) {
    case 'original-missing':
    case 'original-size':
    case 'original-hash':
      if (!(await images.replace(image, tombstone(image, clock.now())))) return false;
      await objects.delete(namedBy(image)); // the sweeper removes its renditions
      return true;
    case 'original-tag':
      return images.replace(image, { ...image, objectTag: finding.got });
    case 'copy-missing':
    case 'copy-size':
    case 'copy-hash': {
      if (!(await images.replace(image, withoutCopy(image)))) return false;
      await objects.delete([workingCopyKey(image.id, finding.copy)]);
      return true;
    }
  }
}

/**
 * The record as it is, if the same is still wrong with it. Errors: `unavailable` if a newer version of the service
 * wrote it.
 */
async function currentOf(services: MendServices, finding: ImageFinding): Promise<StoredImage | undefined> {
  const current = await services.images.getToChange(finding.image.id);
  if (current?.status !== finding.image.status) return undefined;
  const compare = finding.kind === 'original-hash' || finding.kind === 'copy-hash' ? 'bytes' : 'sizes';
  const found = await checkImage(services, current, { compare });
  return found.some(({ kind }) => kind === finding.kind) ? current : undefined;
}

function namedBy(image: StoredImage): ObjectKey[] {
  const copy = workingCopyOf(image);
  return [image.objectKey, ...(copy ? [workingCopyKey(image.id, copy)] : [])];
}

/** Like `withWorkingCopy`, in whichever state. */
function withoutCopy(image: StoredImage): StoredImage {
  if (workingCopyOf(image) === null) return image;
  if (image.status !== 'held') return { ...image, workingCopy: null };
  return { ...image, former: image.former && { ...image.former, workingCopy: null } };
}
