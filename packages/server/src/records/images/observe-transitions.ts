import { LRUCache } from 'lru-cache';
import { heldSince } from '../../domain/image/hold.ts';
import { type Image, isUnseen } from '../../domain/image/image.ts';
import { createdAt, type ImageId } from '../../domain/image/image-id.ts';
import { isReplacement } from '../../domain/image/replace.ts';
import { waitsFor } from '../../domain/image/screening.ts';
import type { Observer, ServiceEvent } from '../../observe/observer/observer.ts';
import type { ImageRepository } from './image-repository.ts';

/**
 * `images`, which emits an event for each transition of the state machine, once its write has won. Operations know no
 * other repository, so no transition can bypass this. An event is lost if the process dies before it is emitted; the
 * event log loses none (decision 79).
 */
export const observeTransitions = (
  images: ImageRepository,
  { observe, elapsedMs }: { readonly observe: Observer; readonly elapsedMs: () => number },
): ImageRepository => {
  /** When this process found the bytes of uploads that are pending. */
  const arrivals = new LRUCache<ImageId, number>({ max: MAX_ARRIVALS });
  const emit = (from: Image | undefined, to: Image): void => {
    if (isArrival(from, to)) {
      if (!arrivals.has(to.id)) arrivals.set(to.id, elapsedMs());
    }
    const event = transition(from, to);
    if (event === undefined) return;
    const arrivedMs = arrivals.get(to.id);
    if (to.status !== 'pending') arrivals.delete(to.id);
    const isTimed = (event.event === 'upload-ready' || event.event === 'upload-held') && arrivedMs !== undefined;
    observe(isTimed ? { ...event, sinceArrivalMs: elapsedMs() - arrivedMs } : event);
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
    async replace(from, to, options) {
      const isReplaced = await images.replace(from, to, options);
      if (isReplaced) emit(from, to);
      return isReplaced;
    },
  };
};

/** Far more than a process verifies at once. A forgotten one has no time in its event. */
const MAX_ARRIVALS = 1_000;

/**
 * A direct upload whose record is made, or a first claim: it is taken when the bytes have been found
 * (operations/uploads/finalize-upload.ts).
 */
const isArrival = (from: Image | undefined, to: Image): boolean =>
  to.status === 'pending' &&
  (from === undefined ? to.isDirect : from.status === 'pending' && isUnseen(from) && to.claim !== null);

/** Undefined if the status stays. A direct upload's record is created when its bytes are already here. */
function transition(from: Image | undefined, to: Image): ServiceEvent | undefined {
  const imageId = to.id;
  if (from && isReplacement(from, to)) return { event: 'image-replaced', imageId };
  if (from?.status === to.status) return undefined;
  const isDirect = (from?.status === 'pending' || from?.status === 'held') && from.isDirect;
  const form = isDirect ? 'direct' : 'presigned';
  const sinceHeldMs = from?.status === 'held' ? msBetween(heldSince(from), to.updatedAt) : undefined;
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
      const sinceGrantMs = isDirect ? undefined : msBetween(createdAt(imageId), to.updatedAt);
      return { event: 'upload-ready', imageId, form, contentType, sizeBytes, sinceGrantMs, sinceHeldMs };
    }
    case 'held':
      return { event: 'upload-held', imageId, form, gate: waitsFor(to.screening) };
    case 'trashed':
      return { event: 'image-trashed', imageId, purgeAt: to.purgeAt };
    case 'rejected':
      return { event: 'upload-rejected', imageId, ...(sinceHeldMs !== undefined && { sinceHeldMs }), ...to.rejection };
    case 'expired':
      return { event: 'upload-expired', imageId };
    case 'deleted':
      return { event: 'image-deleted', imageId };
  }
}

/** By the clocks of two processes, which may differ. */
const msBetween = (from: Date, to: Date): number => Math.max(to.getTime() - from.getTime(), 0);
