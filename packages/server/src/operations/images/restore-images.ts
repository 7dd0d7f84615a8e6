import type { Access } from '../../domain/access/policy.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { eachImage, type ImageResult } from './each-image.ts';
import { restoreImage } from './restore-image.ts';
import type { TrashServices } from './trash-image.ts';

/** Restores each image independently: an error of one doesn't affect the others. */
export const restoreImages = (
  services: TrashServices,
  access: Access,
  ids: readonly string[],
): Promise<ImageResult<ReadyImage>[]> => eachImage(services, ids, (id) => restoreImage(services, access, id));
