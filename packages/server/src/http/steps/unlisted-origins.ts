import type { Observer } from '../../observe/observer/observer.ts';
import type { Clock } from '../../services.ts';

/** Anybody may send any origin, so a flood of them must not fill the log. */
const MOST_AN_HOUR = 20;
const HOUR_MS = 3_600_000;
/** Characters: scheme, the longest host name and a port take 267. */
const LONGEST_ORIGIN = 270;

/**
 * Reports the origin of a refused preflight, each once an hour: its browser tells the page nothing, and the operator is
 * looking for it.
 */
export function createUnlistedOrigins({
  observe,
  clock,
}: {
  readonly observe: Observer;
  readonly clock: Pick<Clock, 'elapsedMs'>;
}): (origin: string) => void {
  const told = new Set<string>();
  let until = 0;
  return (given) => {
    const now = clock.elapsedMs();
    if (now >= until) {
      told.clear();
      until = now + HOUR_MS;
    }
    const origin = given.slice(0, LONGEST_ORIGIN).replace(/[^\x21-\x7e]/g, '?');
    if (told.size === MOST_AN_HOUR || told.has(origin)) return;
    told.add(origin);
    observe({ event: 'origin-not-listed', origin });
  };
}
