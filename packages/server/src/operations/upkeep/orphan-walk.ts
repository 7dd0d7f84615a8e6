import { type ObjectKey, STORED_PREFIXES } from '../../domain/image/object-key.ts';

/** The position of the walk through all originals and renditions, and when it may continue. */
export interface OrphanWalk {
  readonly notBefore: Date;
  readonly prefix: (typeof STORED_PREFIXES)[number];
  /** The last key examined; `prefix` itself at the start. */
  readonly after: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Between two parts of a walk: at most 2.9 million objects a day, in 2,900 LISTs. */
const PART_PAUSE_MS = 10 * MINUTE_MS;
/** From the end of a walk to the next: far shorter than the retention of records of images that are over. */
const WALK_PAUSE_MS = 7 * DAY_MS;
/** Gives an operator time to find out why so many objects have no record. */
const DOUBT_PAUSE_MS = DAY_MS;

const [FIRST_PREFIX] = STORED_PREFIXES;
const begun = (notBefore: Date): OrphanWalk => ({ notBefore, prefix: FIRST_PREFIX, after: FIRST_PREFIX });
const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms);

/**
 * Parses what `bookmarkOf` made; starts a new walk if there is none, or if a wrong clock has put it into the far
 * future.
 */
export function walkIn(bookmark: string | undefined, now: Date): OrphanWalk {
  const [, time, after = ''] = /^(\d+) (.+)$/.exec(bookmark ?? '') ?? [];
  const prefix = STORED_PREFIXES.find((one) => after.startsWith(one));
  const notBefore = new Date(Number(time));
  if (prefix === undefined || notBefore > later(now, 2 * WALK_PAUSE_MS)) return begun(now);
  return { notBefore, prefix, after };
}

export const bookmarkOf = ({ notBefore, after }: OrphanWalk): string => `${notBefore.getTime()} ${after}`;

/** The walk from its beginning if its position is below one of the prefixes; undefined: it is elsewhere, and stays. */
export function walkBefore(
  bookmark: string | undefined,
  prefixes: readonly string[],
  now: Date,
): OrphanWalk | undefined {
  const walk = walkIn(bookmark, now);
  if (!prefixes.some((prefix) => walk.after.startsWith(prefix))) return undefined;
  return begun(walk.notBefore);
}

/** The position after a page that ended at `next`; null if the prefix has no more keys. */
export function stepped({ prefix, notBefore }: OrphanWalk, next: ObjectKey | null, now: Date): OrphanWalk {
  if (next !== null) return { notBefore, prefix, after: next };
  const following = STORED_PREFIXES[STORED_PREFIXES.indexOf(prefix) + 1];
  return following === undefined
    ? begun(later(now, WALK_PAUSE_MS))
    : { notBefore, prefix: following, after: following };
}

export const rested = (walk: OrphanWalk, now: Date): OrphanWalk => ({ ...walk, notBefore: later(now, PART_PAUSE_MS) });
export const doubted = (walk: OrphanWalk, now: Date): OrphanWalk => ({
  ...walk,
  notBefore: later(now, DOUBT_PAUSE_MS),
});
