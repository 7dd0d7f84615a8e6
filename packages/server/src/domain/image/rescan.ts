import { type AskedWalk, atBeginning, backedOff, type Walk } from '../walk.ts';

/** A look of a gate at images that are served, or in the trash, because it may know more than when they passed. */
export interface RescanRequest {
  readonly id: string;
  readonly askedAt: Date;
  /** Images are looked at that the gate hasn't seen since. */
  readonly before: Date;
}

export interface RescanCounts {
  readonly passed: number;
  readonly refused: number;
  readonly held: number;
  /** Images that nothing was decided about: they are as they were. */
  readonly failed: number;
}

/** How far the re-scan is. */
export interface RescanWalk extends RescanCounts, Walk {
  /** From 1. Each goes through all images, because a walk may miss some that change meanwhile. */
  readonly pass: number;
  /** Images that this pass has decided about. */
  readonly decided: number;
  /** Rounds in a row in which nothing could be decided at this position. */
  readonly failures: number;
}

export type Rescan = AskedWalk<RescanRequest, RescanWalk>;

const NONE: RescanCounts = { passed: 0, refused: 0, held: 0, failed: 0 };

/** A pass that decides about nothing is the last one. So is this one: images may fail, or change, for ever. */
const MAX_PASSES = 3;

export const begunWalk = (request: RescanRequest): RescanWalk => ({
  ...{ ...atBeginning(request), pass: 1, decided: 0, failures: 0 },
  ...NONE,
});

export const isDone = ({ walk }: Rescan): boolean => walk?.doneAt != null;

/** What became of one page. */
export interface RescannedPage extends RescanCounts {
  /** The position behind it; null: it was the last page. */
  readonly next: string | null;
}

/** After a page. `failed` counts those of one pass: the next one tries them again. */
export function steppedWalk(walk: RescanWalk, { next, ...page }: RescannedPage, at: Date): RescanWalk {
  const decidedNow = page.passed + page.refused + page.held;
  const counted: RescanWalk = {
    ...walk,
    passed: walk.passed + page.passed,
    refused: walk.refused + page.refused,
    held: walk.held + page.held,
    failed: walk.failed + page.failed,
    decided: walk.decided + decidedNow,
    position: next,
    failures: 0,
    failing: null,
  };
  if (next !== null) return counted;
  if (counted.decided === 0 || counted.pass >= MAX_PASSES) return { ...counted, doneAt: at };
  return { ...counted, pass: counted.pass + 1, decided: 0, failed: 0 };
}

/** Nothing could be decided on this page: it is tried again. */
export const failedWalk = (walk: RescanWalk, at: Date): RescanWalk => ({
  ...backedOff(walk, at),
  failures: walk.failures + 1,
});
