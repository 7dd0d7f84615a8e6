import type { Note } from '../archive/backup/notes.ts';

const DAY_MS = 86_400_000;
const PLACE_DIGITS = 12;
const PLACES = 16 ** PLACE_DIGITS;

/** How far backups have read, written beside each manifest. */
export type ReadMark = Note<'reading.json'>;

export interface ShareOptions {
  /**
   * The part of all originals to read for each day since the mark's time: 1/30 reads each within 30 days. From 1 on,
   * every backup reads all.
   */
  readonly share: number;
  /** The mark of the newest backup in the target that has one. */
  readonly mark: ReadMark | undefined;
  readonly now: Date;
  /** Whether the time for reading is over. It is asked before each original. */
  readonly isOver: () => boolean;
}

export interface ReadShare {
  /** The beginning of a hash: `isRead` is asked in the order of hashes, from there, once around the circle. */
  readonly from: string;
  readonly isRead: (sha256: string) => boolean;
  /** Once all that may be read was read. */
  readonly end: () => EndedShare;
}

export interface EndedShare {
  /** Undefined: nothing was ever to be read. */
  readonly mark: ReadMark | undefined;
  /** The part of all originals that was due and wasn't read, because the time was over. */
  readonly left: number;
}

const placeOf = (hash: string): number => Number.parseInt(hash.slice(0, PLACE_DIGITS), 16);

/**
 * Which originals a backup reads. Their hashes are places on a circle, so that equal bytes have the same, and time
 * moves around it in `1 / share` days. A backup begins where reading ended, and continues to where time is: nothing is
 * left out, whatever the rhythm.
 */
export function readShare({ share, mark, now, isOver }: ShareOptions): ReadShare {
  const from = mark?.readTo ?? '0'.repeat(PLACE_DIGITS);
  const markMs = mark ? Date.parse(mark.at) : Number.POSITIVE_INFINITY;
  const dueMs = markMs <= now.getTime() ? now.getTime() - markMs : DAY_MS; // also of a clock that went back
  const due = share >= 1 ? PLACES : Math.min(Math.round((dueMs / DAY_MS) * share * PLACES), PLACES);
  let read = due;
  return {
    from,
    isRead(sha256) {
      const way = (placeOf(sha256) - placeOf(from) + PLACES) % PLACES;
      if (way < read && share < 1 && isOver()) read = way;
      return way < read;
    },
    end() {
      const left = (due - read) / PLACES;
      if (share === 0) return { mark, left };
      const at = new Date(now.getTime() - (left / share) * DAY_MS).toISOString();
      const readTo = ((placeOf(from) + read) % PLACES).toString(16).padStart(PLACE_DIGITS, '0');
      return { mark: { format: 1, readTo, at }, left };
    },
  };
}
