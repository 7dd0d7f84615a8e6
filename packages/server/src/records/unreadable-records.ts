import { LRUCache } from 'lru-cache';
import { AppError, internalFault } from '../domain/errors.ts';
import type { ImageId } from '../domain/image/image-id.ts';
import type { Observer } from '../observe/observer/observer.ts';

/**
 * Records that this version can't read: with an unknown content type, without an attribute, or of another version. One
 * such record must not break a list or the sweep. Each is reported, but not every time.
 */
export interface UnreadableRecords {
  /** The record, among others; undefined if it can't be read. */
  leaveOut<Found>(id: ImageId, read: () => Found): Found | undefined;
  /** The requested record. Errors: `unavailable` for a newer version's record, otherwise `internal`. */
  requireReadable<Found>(id: ImageId, read: () => Found): Found;
}

/** The limit of such records that a page skips; with more, the page is short and continues behind them. */
export const MAX_UNREADABLE_ON_PAGE = 20;

/** The interval between two reports of one record. */
const TOLD_MS = 3_600_000;
/** With more unreadable records than this in the interval, further reports add nothing. */
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
