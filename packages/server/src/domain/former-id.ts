import { AppError } from './errors.ts';
import type { Image } from './image/image.ts';
import type { ImageId } from './image/image-id.ts';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether an earlier service may have made the id: its ids are of version 4, the ids of images here of version 7. */
export const isFormerId = (id: ImageId | string): boolean => UUID_V4.test(id);

/** The error that names the image which has the id. */
export const formerIdTaken = (formerId: string, { id, status }: Pick<Image, 'id' | 'status'>): AppError => {
  const detail = `expected a former id that no other image has; got ${formerId}, which the ${status} image ${id} has`;
  return new AppError('former-id-taken', detail);
};
