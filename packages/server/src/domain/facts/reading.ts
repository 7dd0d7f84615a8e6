import { type AskedWalk, atBeginning, type Walk } from '../walk.ts';

/** A wish to have the facts of all published images that nobody has read, or an earlier reader did. */
export interface FactsRequest {
  readonly id: string;
  readonly askedAt: Date;
  /** The reader of the version that asked. An earlier one leaves it to processes of that version. */
  readonly reader: number;
}

/** How many images were looked at. */
export interface FactsWalk extends Walk {
  /** From 1. Each goes through all images, because a walk may miss some that are trashed or restored meanwhile. */
  readonly pass: number;
  /** Images of this pass. */
  readonly images: number;
  /** Those that were read, in this pass and in all. */
  readonly readNow: number;
  readonly read: number;
  /** Those of this pass that couldn't be read. */
  readonly skipped: number;
  /** Those of them whose originals are larger than all space for temporary files. */
  readonly noRoom?: number | undefined;
  /** What gives images their places in lists by capture; absent: it hasn't begun, or the store needs no places. */
  readonly placing?: Placing | undefined;
  /** Images that got theirs, in this pass and in all. */
  readonly placedNow?: number | undefined;
  readonly placed?: number | undefined;
  /** Rounds at this position in which the store was there, and this machine had room, but some couldn't be read. */
  readonly failures: number;
}

/** A walk of `Places`. */
export interface Placing {
  readonly begun: number;
  /** When every process knows of it: until then nothing is placed. Milliseconds since 1970. */
  readonly fromMs: number;
}

export type FactsReading = AskedWalk<FactsRequest, FactsWalk>;

/**
 * A pass that reads nothing and places nothing is the last one. So is this one for reading: images may change for ever.
 * Only an earlier version leaves images without places, so they come to an end.
 */
const MAX_PASSES = 3;

/** A pass at its beginning. */
const NOTHING_YET = { images: 0, readNow: 0, placedNow: 0, skipped: 0, noRoom: 0 };

export const begunReading = (request: FactsRequest): FactsWalk => ({
  ...{ ...atBeginning(request), pass: 1, ...NOTHING_YET },
  ...{ read: 0, placed: 0, failures: 0 },
});

/** The walk with more that was read of a page, which isn't over. */
export const withRead = (walk: FactsWalk, read: number): FactsWalk => ({
  ...walk,
  readNow: walk.readNow + read,
  read: walk.read + read,
});

/** The walk with more that was placed of a page, which isn't over. */
export const withPlaced = (walk: FactsWalk, placed: number): FactsWalk => ({
  ...walk,
  placedNow: (walk.placedNow ?? 0) + placed,
  placed: (walk.placed ?? 0) + placed,
});

/** The walk from its beginning, and with places. */
export const withPlacing = (walk: FactsWalk, placing: Placing): FactsWalk => ({
  ...{ ...walk, position: null, pass: 1, placing },
  ...NOTHING_YET,
});

/** What became of a page of images. */
export interface ReadPage {
  readonly images: number;
  readonly skipped: number;
  /** Those of the skipped ones that are larger than all space for temporary files. */
  readonly noRoom: number;
  /** The position behind it; null: it was the last page. */
  readonly next: string | null;
}

/** The walk behind a page. */
export function steppedReading(walk: FactsWalk, { images, skipped, noRoom, next }: ReadPage, at: Date): FactsWalk {
  const stepped: FactsWalk = {
    ...walk,
    position: next,
    images: walk.images + images,
    skipped: walk.skipped + skipped,
    noRoom: (walk.noRoom ?? 0) + noRoom,
    failures: 0,
    failing: null,
  };
  if (next !== null) return stepped;
  const isLast = (stepped.placedNow ?? 0) === 0 && (stepped.readNow === 0 || stepped.pass >= MAX_PASSES);
  return isLast ? { ...stepped, doneAt: at } : { ...stepped, pass: stepped.pass + 1, ...NOTHING_YET };
}
