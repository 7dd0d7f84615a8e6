import { retryAt } from './image/deadlines.ts';

/** How far a walk through all published images is. */
export interface Walk {
  /** The id of the request that asked for it. */
  readonly id: string;
  /** The repository's position in the list of images; null: the beginning. */
  readonly position: string | null;
  /** Since when it fails, and when it continues; null: it doesn't fail. */
  readonly failing: { readonly since: Date; readonly until: Date } | null;
  readonly doneAt: Date | null;
}

/** A request for a walk, and the walk; null: it hasn't begun. */
export interface AskedWalk<Request, Current extends Walk> {
  readonly request: Request;
  readonly walk: Current | null;
}

export const atBeginning = ({ id }: Pick<Walk, 'id'>): Walk => ({ id, position: null, failing: null, doneAt: null });

/** Whether a page may be walked now. A walk that doesn't fail is due from `from` on. */
export const isWalkDue = (walk: Walk | null, now: Date, from = now): boolean =>
  !walk?.doneAt && (walk?.failing?.until ?? from) <= now;

/** The page is repeated later: the delay grows with the time for which the walk has been failing. */
export function backedOff<Current extends Walk>(walk: Current, now: Date): Current {
  const since = walk.failing?.since ?? now;
  return { ...walk, failing: { since, until: retryAt(since, now) } };
}
