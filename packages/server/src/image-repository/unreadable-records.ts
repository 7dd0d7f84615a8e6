import { LRUCache } from 'lru-cache';
import { AppError, internalFault } from '../domain/errors.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { Observer } from '../observer/observer.ts';

/**
 * Records that this version can't read: of an unknown content type, without an attribute, of another version. One such record
 * must not end a list of others, or the sweep. Each is reported when it is met, though not each time.
 */
export interface UnreadableRecords {
  /** The record, as one of many; undefined where it can't be read. */
  leaveOut<Found>(id: ImageId, read: () => Found): Found | undefined;
  /** The record that was asked for. Errors: `unavailable` of a newer version's, otherwise `internal`. */
  requireReadable<Found>(id: ImageId, read: () => Found): Found;
}

/** Of so many that a page meets the next one takes its place; a page that meets more is short, and goes on behind them. */
export const MAX_UNREADABLE_ON_PAGE = 20;

/** Each is told of once within that time. */
const TOLD_MS = 3_600_000;
/** Where more can't be read than these within that time, the number says enough. */
const MAX_TOLD = 1_000;

export function createUnreadableRecords(observe: Observer): UnreadableRecords {
  const told = new LRUCache<ImageId, true>({ max: MAX_TOLD, ttl: TOLD_MS });

  const tell = (imageId: ImageId, error: unknown): void => {
    if (told.has(imageId)) return;
    if (told.size === MAX_TOLD && !told.purgeStale()) return;
    told.set(imageId, true);
    observe({ event: 'unreadable-record', imageId, reason: reasonOf(error) });
  };

  return {
    leaveOut(id, read) {
      try {
        return read();
      } catch (error) {
        tell(id, error);
        return undefined;
      }
    },

    requireReadable(id, read) {
      try {
        return read();
      } catch (error) {
        if (error instanceof AppError) throw error;
        tell(id, error);
        throw internalFault(error);
      }
    },
  };
}

/** The innermost cause names the attribute. */
const reasonOf = (error: unknown): string => {
  if (error instanceof AppError) return error.detail;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
};
