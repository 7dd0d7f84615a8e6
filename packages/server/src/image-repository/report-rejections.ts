import type { ReportEvent } from '../domain/event.ts';
import type { ImageRepository } from './image-repository.ts';

/** Wraps `images` and reports each rejected upload once. */
export const reportRejections = (images: ImageRepository, report: ReportEvent): ImageRepository => ({
  ...images,
  async replace(from, to) {
    const isReplaced = await images.replace(from, to);
    if (isReplaced && from.status === 'pending' && to.status === 'rejected')
      report({ event: 'upload-rejected', imageId: to.id, ...to.rejection });
    return isReplaced;
  },
});
