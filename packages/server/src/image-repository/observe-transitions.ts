import type { Image } from '../domain/image/image.ts';
import { waitsFor } from '../domain/image/screening.ts';
import type { Observer, ServiceEvent } from '../observer/observer.ts';
import type { ImageRepository } from './image-repository.ts';

/**
 * `images`, which emits an event for each transition of the state machine, once its write has won. Operations know no other repository,
 * so no transition can bypass this. A transactional outbox would add its entry to the same three calls (decision 31).
 */
export const observeTransitions = (images: ImageRepository, observe: Observer): ImageRepository => {
  const emit = (from: Image | undefined, to: Image): void => {
    const event = transition(from, to);
    if (event) observe(event);
  };
  return {
    ...images,
    async create(image, tokenUse) {
      const isCreated = await images.create(image, tokenUse);
      if (isCreated) emit(undefined, image);
      return isCreated;
    },
    async useKey(use, now, image, tokenUse) {
      const standing = await images.useKey(use, now, image, tokenUse);
      if (image && !standing) emit(undefined, image);
      return standing;
    },
    async replace(from, to) {
      const isReplaced = await images.replace(from, to);
      if (isReplaced) emit(from, to);
      return isReplaced;
    },
  };
};

/** Undefined if the status stays. A direct upload's record is created when its bytes are already here. */
function transition(from: Image | undefined, to: Image): ServiceEvent | undefined {
  if (from?.status === to.status) return undefined;
  const imageId = to.id;
  const isDirect = (from?.status === 'pending' || from?.status === 'held') && from.isDirect;
  const form = isDirect ? 'direct' : 'presigned';
  const wasServed =
    from?.status === 'ready' || from?.status === 'trashed' || (from?.status === 'held' && from.former !== null);
  if (wasServed && to.status === 'held') return { event: 'image-held', imageId, gate: waitsFor(to.screening) };
  if (wasServed && to.status === 'rejected') return { event: 'image-refused', imageId, ...to.rejection };
  if (from?.status === 'held' && wasServed && to.status !== 'deleted') return { event: 'image-released', imageId };
  if (from?.status === 'trashed') {
    return { event: to.status === 'ready' ? 'image-restored' : 'image-purged', imageId };
  }
  switch (to.status) {
    case 'pending':
      return to.isDirect ? { event: 'upload-arrived', imageId, form: 'direct' } : { event: 'upload-granted', imageId };
    case 'ready': {
      const { contentType, sizeBytes } = to;
      return { event: 'upload-ready', imageId, form, contentType, sizeBytes };
    }
    case 'held':
      return { event: 'upload-held', imageId, form, gate: waitsFor(to.screening) };
    case 'trashed':
      return { event: 'image-trashed', imageId, purgeAt: to.purgeAt };
    case 'rejected':
      return { event: 'upload-rejected', imageId, ...to.rejection };
    case 'expired':
      return { event: 'upload-expired', imageId };
    case 'deleted':
      return { event: 'image-deleted', imageId };
  }
}
