import type { Access } from '../../domain/access/policy.ts';
import type { Services } from '../../services.ts';
import { deleteImage } from './delete-image.ts';
import { eachImage, type ImageResult } from './each-image.ts';

/** Deletes each image independently: an error of one doesn't affect the others. */
export const deleteImages = (
  services: Pick<Services, 'images' | 'objects' | 'clock'>,
  access: Access,
  ids: readonly string[],
): Promise<ImageResult<void>[]> => eachImage(services, ids, (id) => deleteImage(services, access, id));
