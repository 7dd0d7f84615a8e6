import type { Image } from '../domain/image.ts';
import type { ImageRepository } from './image-repository.ts';

export type RejectedImage = Extract<Image, { status: 'rejected' }>;

/** `images`, of which `onRejected` hears each upload that is refused: once, whoever looked at it. */
export const reportRejections = (
  images: ImageRepository,
  onRejected: (image: RejectedImage) => void,
): ImageRepository => ({
  ...images,
  async replace(from, to) {
    const isReplaced = await images.replace(from, to);
    if (isReplaced && from.status === 'pending' && to.status === 'rejected') onRejected(to);
    return isReplaced;
  },
});
