import type { Access } from '../../domain/access/policy.ts';
import type { TrashedImage } from '../../domain/image/image.ts';
import { eachImage, type ImageResult } from './each-image.ts';
import { type TrashServices, trashImage } from './trash-image.ts';

/** Moves each image to the trash independently: an error of one doesn't affect the others. */
export const trashImages = (
  services: TrashServices,
  access: Access,
  ids: readonly string[],
): Promise<ImageResult<TrashedImage>[]> => eachImage(services, ids, (id) => trashImage(services, access, id));
