import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { abortReason } from '../flow/abort.ts';

/**
 * The addresses of a name. Errors: those of `dns.lookup`, and `EAI_AGAIN` if too many names wait. One that waits ends
 * with its last caller.
 */
export type LookUp = (hostname: string, signal?: AbortSignal) => Promise<readonly LookupAddress[]>;

export interface LookUpOptions {
  /** The look-ups that run at a time. libuv lets getaddrinfo have half of its threads. */
  readonly places: number;
  readonly elapsedMs?: () => number;
  readonly find?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

/**
 * A longer look-up counts like a failed one: it holds a thread, which nothing can take back. A stall of the process
 * counts too, so not less.
 */
export const SLOW_MS = 3_000;

/** After a failure a name is suspect for so long. */
const SUSPECT_MS = 30_000;

/** Kept for look-ups of names that were found lately, and for those that Node starts without this service. */
const PROVEN_PLACES = 3;

const MAX_STANDINGS = 1_000;
const MAX_WAITING = 1_000;

/** A suspect name after `untilMs` is unknown, as is one without a standing. */
type Standing = { readonly wasProven: boolean } & (
  | { readonly is: 'proven' | 'unknown' }
  | { readonly is: 'suspect'; readonly untilMs: number }
);

interface Waiting {
  readonly hostname: string;
  readonly begin: () => void;
  readonly drop: (reason: unknown) => void;
  callers: number;
}

/**
 * Names that can't be looked up delay no other ones, though getaddrinfo can't be stopped and keeps its thread. Suspect
 * names, whose last look-up failed or was slow, share one place, which names that were proven once get first. Unknown
 * names leave some places to proven ones, and both leave one, however few there are, once a name is proven. A proven
 * name becomes unknown first, so that one lost packet doesn't make it wait for suspect ones. No address is kept: those
 * who ask for a name while it is looked up share that look-up, and the next one asks anew.
 */
export function createLookUp({ places, elapsedMs = () => performance.now(), find = found }: LookUpOptions): LookUp {
  const limits = { suspect: 1, unknown: Math.max(2, places - 1 - PROVEN_PLACES), proven: places };
  const standings = new Map<string, Standing>();
  const pending = new Map<string, Promise<readonly LookupAddress[]>>();
  const waiting = new Map<string, Waiting>();
  const running = { suspect: 0, unknown: 0, proven: 0 };

  const standingOf = (hostname: string): keyof typeof limits => {
    const standing = standings.get(hostname);
    if (standing?.is === 'suspect' && elapsedMs() >= standing.untilMs) return 'unknown';
    return standing?.is ?? 'unknown';
  };

  const hasPlace = (hostname: string): boolean => {
    const standing = standingOf(hostname);
    const unproven = running.suspect + running.unknown;
    if (running[standing] >= limits[standing] || unproven + running.proven >= places) return false;
    return standing === 'proven' || unproven === 0 || unproven < places - 1 || !standings.values().some(isProven);
  };

  const rankOf = (hostname: string): number => {
    const standing = standingOf(hostname);
    if (standing !== 'suspect') return standing === 'proven' ? 0 : 1;
    return standings.get(hostname)?.wasProven ? 2 : 3;
  };

  const note = (hostname: string, isGood: boolean): void => {
    const before = standingOf(hostname);
    const wasProven = standings.get(hostname)?.wasProven ?? false;
    standings.delete(hostname); // the oldest one is the first of the map
    if (isGood) standings.set(hostname, { is: 'proven', wasProven: true });
    else if (before === 'proven') standings.set(hostname, { is: 'unknown', wasProven });
    else standings.set(hostname, { is: 'suspect', untilMs: elapsedMs() + SUSPECT_MS, wasProven });
    for (const oldest of standings.keys()) {
      if (standings.size <= MAX_STANDINGS) break;
      standings.delete(oldest);
    }
  };

  const beginNext = (): void => {
    for (const { hostname, begin } of [...waiting.values()].sort((a, b) => rankOf(a.hostname) - rankOf(b.hostname))) {
      if (!hasPlace(hostname)) continue;
      waiting.delete(hostname);
      begin();
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
    const { promise, resolve, reject } = Promise.withResolvers<readonly LookupAddress[]>();
    waiting.set(hostname, { hostname, begin: () => resolve(run(hostname)), drop: reject, callers: 0 });
    const standing = standings.get(hostname);
    if (standing?.is === 'suspect')
      setTimeout(beginNext, Math.max(1, Math.ceil(standing.untilMs - elapsedMs()))).unref();
    return promise;
  };

  /** A caller without a signal stays to the end. */
  const join = (hostname: string, signal: AbortSignal | undefined): void => {
    const one = waiting.get(hostname);
    if (one === undefined) return;
    one.callers += 1;
    signal?.addEventListener('abort', () => {
      one.callers -= 1;
      if (one.callers > 0 || waiting.get(hostname) !== one) return;
      waiting.delete(hostname);
      pending.delete(hostname);
      one.drop(abortReason(signal));
    });
  };

  return (hostname, signal) => {
    if (isIP(hostname) !== 0) return find(hostname); // takes no thread
    if (signal?.aborted) return Promise.reject(abortReason(signal));
    const isNew = !pending.has(hostname);
    if (isNew && waiting.size >= MAX_WAITING) return Promise.reject(crowded(hostname));
    const look = pending.get(hostname) ?? inTurn(hostname);
    pending.set(hostname, look);
    join(hostname, signal);
    return look;
  };
}

const isProven = ({ is }: Standing): boolean => is === 'proven';

const found = (hostname: string): Promise<readonly LookupAddress[]> => dns.lookup(hostname, { all: true });

/** As libuv's error, which callers take for a failure that may end. */
const crowded = (hostname: string): Error =>
  Object.assign(new Error(`expected at most ${MAX_WAITING} names that wait for a look-up; got more`), {
    code: 'EAI_AGAIN',
    syscall: 'getaddrinfo',
    hostname,
  });
