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
  /** Rounds in a row in which some at this position couldn't be read. */
  readonly failures: number;
}

export type FactsReading = AskedWalk<FactsRequest, FactsWalk>;

/** A pass that reads nothing is the last one. So is this one: images may change for ever. */
const MAX_PASSES = 3;

export const begunReading = (request: FactsRequest): FactsWalk => ({
  ...{ ...atBeginning(request), pass: 1, images: 0 },
  ...{ readNow: 0, read: 0, skipped: 0, failures: 0 },
});

/** The walk with more that was read of a page, which isn't over. */
export const withRead = (walk: FactsWalk, read: number): FactsWalk => ({
  ...walk,
  readNow: walk.readNow + read,
  read: walk.read + read,
});

/** What became of a page of images. */
export interface ReadPage {
  readonly images: number;
  readonly skipped: number;
  /** The position behind it; null: it was the last page. */
  readonly next: string | null;
}

/** The walk behind a page. */
export function steppedReading(walk: FactsWalk, { images, skipped, next }: ReadPage, at: Date): FactsWalk {
  const stepped: FactsWalk = {
    ...walk,
    position: next,
    images: walk.images + images,
    skipped: walk.skipped + skipped,
    failures: 0,
    failing: null,
  };
  if (next !== null) return stepped;
  if (stepped.readNow === 0 || stepped.pass >= MAX_PASSES) return { ...stepped, doneAt: at };
  return { ...stepped, pass: stepped.pass + 1, images: 0, readNow: 0, skipped: 0 };
}
