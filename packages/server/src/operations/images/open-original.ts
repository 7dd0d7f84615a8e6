import type { ReadyImage } from '../../domain/image/image.ts';
import type { ByteRange, StoredObject } from '../../object-store/object-store.ts';
import { type OriginalServices, readOriginal } from './read-original.ts';

/**
 * The verified bytes of a ready image. The caller must consume or cancel them. A stream from a disk isn't compared with
 * its hash, which would slow each download. Errors: those of `readOriginal`.
 */
export const openOriginal = (services: OriginalServices, image: ReadyImage, range?: ByteRange): Promise<StoredObject> =>
  readOriginal(services, image, async (ifMatch) => {
    const { objectKey, sizeBytes, sha256 } = image;
    const object = await services.objects.get(objectKey, { range, ifMatch, sha256 });
    if (!object || object.sizeBytes === sizeBytes) return object;
    if (object.body instanceof ReadableStream) await object.body.cancel();
    return undefined;
  });
