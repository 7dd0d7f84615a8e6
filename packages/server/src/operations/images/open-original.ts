import type { ReadyImage } from '../../domain/image/image.ts';
import type { ByteRange, StoredObject } from '../../object-store/object-store.ts';
import { type OriginalServices, readOriginal } from './read-original.ts';

/** The verified bytes of a ready image. The caller must consume or cancel them. Errors: those of `readOriginal`. */
export const openOriginal = (services: OriginalServices, image: ReadyImage, range?: ByteRange): Promise<StoredObject> =>
  readOriginal(services, image, (ifMatch) => services.objects.get(image.objectKey, { range, ifMatch }));
