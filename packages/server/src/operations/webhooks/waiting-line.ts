import type { Delivery } from '../../domain/event/delivery.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { TOO_MANY } from './send-message.ts';

/** So many deliveries of an image stay behind its failing one when others need the room. */
export const KEPT_BEHIND = 10;

/** An image fails after so many attempts in a minute: a receiver that restarts is back before. */
const FAILING_ATTEMPTS = 3;

/**
 * A webhook's unfinished deliveries, as their worker remembers them. Of each image only the first may be under way, so
 * that its events arrive in their order; a failed one delays only its own image.
 */
export interface WaitingLine {
  readonly size: number;
  /** Behind those that are there. One that is there already stays where it is. */
  add(deliveries: readonly Delivery[]): void;
  /**
   * A due delivery that is the first of its image and isn't under way, which it is from now on; undefined: there is
   * none.
   */
  take(now: Date): Delivery | undefined;
  /** It isn't under way any more: `to` is what the attempt made of it; undefined: it is gone. */
  giveBack(delivery: Delivery, to: Delivery | undefined): void;
  /**
   * Whether an earlier delivery of its image failed for good, and none succeeded since, while it waited. A new worker
   * doesn't know.
   */
  followsFailed(delivery: Delivery): boolean;
  /**
   * Removes deliveries that wait behind failing ones of their images, the oldest first, but the latest `KEPT_BEHIND` of
   * each image.
   */
  removeSurplus(limit: number): readonly Delivery[];
  /** When the next one is due that isn't under way; undefined: none is left. */
  nextDueAt(): Date | undefined;
}

interface ImageLine {
  /** In the order of their events. */
  readonly deliveries: Delivery[];
  hasFailed: boolean;
}

/** `deliveries`: by shard and sequence. */
export function createWaitingLine(deliveries: readonly Delivery[]): WaitingLine {
  const images = new Map<ImageId, ImageLine>();
  /** The first ones that aren't under way. */
  const ready = new Map<ImageId, Delivery>();
  const eventIds = new Set<string>();

  const add = (added: readonly Delivery[]): void => {
    for (const delivery of added) {
      const { imageId } = delivery.event;
      if (eventIds.has(delivery.eventId)) continue;
      eventIds.add(delivery.eventId);
      const line = images.get(imageId);
      if (line) line.deliveries.push(delivery);
      else {
        images.set(imageId, { deliveries: [delivery], hasFailed: false });
        ready.set(imageId, delivery);
      }
    }
  };
  add(deliveries);

  return {
    get size() {
      return eventIds.size;
    },
    add,

    take(now) {
      for (const [imageId, delivery] of ready) {
        if (delivery.dueAt > now) continue;
        ready.delete(imageId);
        return delivery;
      }
      return undefined;
    },

    giveBack({ eventId, event: { imageId } }, to) {
      const line = images.get(imageId);
      if (!line) return;
      if (to?.status === 'waiting') line.deliveries[0] = to;
      else {
        line.deliveries.shift();
        eventIds.delete(eventId);
        if (to) line.hasFailed = to.status === 'failed';
      }
      const [first] = line.deliveries;
      if (first) ready.set(imageId, first);
      else images.delete(imageId);
    },

    followsFailed: ({ event: { imageId } }) => images.get(imageId)?.hasFailed ?? false,

    removeSurplus(limit) {
      const removed: Delivery[] = [];
      for (const { deliveries, hasFailed } of images.values()) {
        const isFailing = hasFailed || isRefused(deliveries[0]);
        const surplus = Math.min(deliveries.length - 1 - KEPT_BEHIND, limit - removed.length);
        if (isFailing && surplus > 0) removed.push(...deliveries.splice(1, surplus));
      }
      for (const { eventId } of removed) eventIds.delete(eventId);
      return removed;
    },

    nextDueAt() {
      let next: Date | undefined;
      for (const { dueAt } of ready.values()) if (!next || dueAt < next) next = dueAt;
      return next;
    },
  };
}

/** A receiver that asks for a pause refuses nothing. */
const isRefused = (first: Delivery | undefined): boolean =>
  first !== undefined && first.attempts >= FAILING_ATTEMPTS && first.last?.httpStatus !== TOO_MANY;
