import { type ObjectKey, storedExport, storedKey } from '../../domain/image/object-key.ts';
import type { Services } from '../../services.ts';

/**
 * Whether a presigned URL of this object is answered: while its image is ready, so never of an upload that nobody has
 * verified; never of a working copy, which no URL is made for. An export's file is answered while it is there.
 */
export async function mayServeObject({ images }: Pick<Services, 'images'>, key: ObjectKey): Promise<boolean> {
  if (storedExport(key)?.file === 'export.zip') return true;
  const stored = storedKey(key);
  if (stored === undefined || stored.kind === 'working-copy') return false;
  const image = await images.get(stored.imageId);
  return image?.status === 'ready' && (stored.kind === 'rendition' || key === image.objectKey);
}
