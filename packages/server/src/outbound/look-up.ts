import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

/** The addresses of a name. Errors: those of `dns.lookup`, and `EAI_AGAIN` if too many names wait. */
export type LookUp = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface LookUpOptions {
  /** The look-ups that run at a time. libuv lets getaddrinfo have half of its threads. */
  readonly places: number;
  readonly elapsedMs?: () => number;
  readonly find?: LookUp;
}

/** A longer look-up counts like a failed one: it holds a thread, which nothing can take back. */
export const SLOW_MS = 1_000;

/** After a failure a name is suspect for so long. */
const SUSPECT_MS = 30_000;

/** Kept for look-ups of names that were found lately, and for those that Node starts without this service. */
const PROVEN_PLACES = 3;

const MAX_STANDINGS = 1_000;
const MAX_WAITING = 1_000;

/** A suspect name after `untilMs` is unknown, as is one without a standing. */
type Standing = { readonly is: 'proven' } | { readonly is: 'suspect'; readonly untilMs: number };

interface Waiting {
  readonly hostname: string;
  readonly begin: () => void;
}

/**
 * Names that can't be looked up delay no other ones, though getaddrinfo can't be stopped and keeps its thread. Suspect names, whose last
 * look-up failed or was slow, share one place. Unknown names leave some places to proven ones. A proven name becomes unknown first, so
 * that one lost packet doesn't make it wait for suspect ones. No address is kept: those who ask for a name while it is looked up share
 * that look-up, and the next one asks anew.
 */
export function createLookUp({ places, elapsedMs = () => performance.now(), find = found }: LookUpOptions): LookUp {
  const limits = { suspect: 1, unknown: Math.max(2, places - 1 - PROVEN_PLACES), proven: places };
  const standings = new Map<string, Standing>();
  const pending = new Map<string, Promise<readonly LookupAddress[]>>();
  const waiting = new Set<Waiting>();
  const running = { suspect: 0, unknown: 0, proven: 0 };

  const standingOf = (hostname: string): keyof typeof limits => {
    const standing = standings.get(hostname);
    if (standing?.is === 'suspect' && elapsedMs() >= standing.untilMs) return 'unknown';
    return standing?.is ?? 'unknown';
  };

  const hasPlace = (hostname: string): boolean => {
    const standing = standingOf(hostname);
    return running[standing] < limits[standing] && running.suspect + running.unknown + running.proven < places;
  };

  const note = (hostname: string, isGood: boolean): void => {
    const before = standingOf(hostname);
    standings.delete(hostname); // the oldest one is the first of the map
    if (isGood) standings.set(hostname, { is: 'proven' });
    else if (before !== 'proven') standings.set(hostname, { is: 'suspect', untilMs: elapsedMs() + SUSPECT_MS });
    for (const oldest of standings.keys()) {
      if (standings.size <= MAX_STANDINGS) break;
      standings.delete(oldest);
    }
  };

  const beginNext = (): void => {
    for (const one of waiting) {
      if (!hasPlace(one.hostname)) continue;
      waiting.delete(one);
      one.begin();
    }
  };

  const run = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const standing = standingOf(hostname);
    running[standing] += 1;
    const beganMs = elapsedMs();
    let isFound = false;
    try {
      const addresses = await find(hostname);
      isFound = true;
      return addresses;
    } finally {
      running[standing] -= 1;
      pending.delete(hostname);
      note(hostname, isFound && elapsedMs() - beganMs < SLOW_MS);
      beginNext();
    }
  };

  const inTurn = (hostname: string): Promise<readonly LookupAddress[]> => {
    if (hasPlace(hostname)) return run(hostname);
    const { promise, resolve } = Promise.withResolvers<readonly LookupAddress[]>();
    waiting.add({ hostname, begin: () => resolve(run(hostname)) });
    const standing = standings.get(hostname);
    if (standing?.is === 'suspect') setTimeout(beginNext, Math.ceil(standing.untilMs - elapsedMs())).unref();
    return promise;
  };

  return (hostname) => {
    if (isIP(hostname) !== 0) return find(hostname); // takes no thread
    const shared = pending.get(hostname);
    if (shared) return shared;
    if (waiting.size >= MAX_WAITING) return Promise.reject(crowded(hostname));
    const look = inTurn(hostname);
    pending.set(hostname, look);
    return look;
  };
}

const found: LookUp = (hostname) => dns.lookup(hostname, { all: true });

/** As libuv's error, which callers take for a failure that may end. */
const crowded = (hostname: string): Error =>
  Object.assign(new Error(`expected at most ${MAX_WAITING} names that wait for a look-up; got more`), {
    code: 'EAI_AGAIN',
    syscall: 'getaddrinfo',
    hostname,
  });
