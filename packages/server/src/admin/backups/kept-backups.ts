import { type BackupId, startOf } from '../archive/backup/names.ts';

export interface Keeping {
  /** The newest backup of each of so many days (UTC) that have one. */
  readonly keepDaily: number;
  /** The newest backup of each of so many weeks, from Monday, that have one. */
  readonly keepWeekly: number;
}

const DAY_MS = 86_400_000;
/** The offset of the first Monday in days since 1970, which began on a Thursday. */
const MONDAY = 4;

/**
 * Those of `finished` to keep: the newest in any case. Backups of the future, which a wrong clock has named, are kept,
 * too: they take no place of the others, which may be newer.
 */
export function keptBackups(
  finished: readonly BackupId[],
  { keepDaily, keepWeekly }: Keeping,
  now: Date,
): readonly BackupId[] {
  const all = finished.toSorted().toReversed();
  const isOfFuture = (id: BackupId): boolean => startOf(id) > now;
  const newestFirst = all.filter((id) => !isOfFuture(id));
  const day = (id: BackupId): number => Math.floor(startOf(id).getTime() / DAY_MS);
  const week = (id: BackupId): number => Math.floor((day(id) - MONDAY) / 7);
  const kept = new Set([
    ...newestFirst.slice(0, 1),
    ...newestOfEach(newestFirst, day, keepDaily),
    ...newestOfEach(newestFirst, week, keepWeekly),
  ]);
  return all.filter((id) => isOfFuture(id) || kept.has(id));
}

function newestOfEach(newestFirst: readonly BackupId[], period: (id: BackupId) => number, periods: number): BackupId[] {
  const newest = new Map<number, BackupId>();
  for (const id of newestFirst) if (!newest.has(period(id))) newest.set(period(id), id);
  return [...newest.values()].slice(0, periods);
}
