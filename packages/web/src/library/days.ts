import { hasClock, type Position, timeOf } from './position.ts';

const DAY_MS = 86_400_000;

/** A day of a clock whose times count as UTC. Days that follow each other differ by 1. */
export const clockDay = (time: number): number => Math.floor(time / DAY_MS);

/** The day of that moment where the browser is, as the number that `clockDay` has for it. */
export function localDay(time: number): number {
  const date = new Date(time);
  return clockDay(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()));
}

/** The day under which a picture stands: its clock's, and at most the browser's today, or that of its upload. */
export const dayOf = (position: Position): number =>
  hasClock(position) ? Math.min(clockDay(timeOf(position)), localDay(Date.now())) : localDay(timeOf(position));
