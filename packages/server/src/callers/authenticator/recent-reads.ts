import { LRUCache } from 'lru-cache';

/** A change in another process counts within this time. */
const MAX_AGE_MS = 5_000;

export interface RecentReads<Ask, Value> {
  /**
   * The value as it was at most `MAX_AGE_MS` ago; undefined: there was none. Calls `beforeRead` before it reads a value
   * that this process hasn't seen lately. Errors: those of a read and of `beforeRead`.
   */
  get(ask: Ask, beforeRead: () => void): Promise<Value | undefined>;

  /**
   * Makes later requests read the value of that name again, also while an earlier read waits for its answer. The value
   * stays a seen one.
   */
  outdate(name: string): void;
  /** Outdates what was asked for with such an `ask`. */
  outdateEach(isMeant: (ask: Ask) => boolean): void;
}

export interface RecentReadsOptions<Ask, Value> {
  readonly nameOf: (ask: Ask) => string;
  readonly read: (ask: Ask) => Promise<Value | undefined>;
  /** A monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
  readonly maxKnown: number;
  /** The most names without a value; they never displace a known one. */
  readonly maxUnknown: number;
}

/**
 * Reads values by name, each at most once in `MAX_AGE_MS`, also those that don't exist. Errors aren't cached. Returns
 * the same object while the value isn't read again.
 */
export function createRecentReads<Ask, Value extends object>({
  nameOf,
  read,
  elapsedMs,
  maxKnown,
  maxUnknown,
}: RecentReadsOptions<Ask, Value>): RecentReads<Ask, Value> {
  const known = new LRUCache<string, Dated<Ask, Value>>({ max: maxKnown });
  const unknown = new LRUCache<string, Dated<Ask, undefined>>({ max: maxUnknown });
  const flights = new Map<string, Dated<Ask, Promise<Value | undefined>>>();
  const isFresh = ({ readMs }: Dated<Ask, unknown>): boolean => elapsedMs() - readMs < MAX_AGE_MS;

  /** An answer that isn't the latest flight's is for those who wait for it, and isn't remembered. */
  async function readNow(ask: Ask, readMs: number, isLatest: () => boolean): Promise<Value | undefined> {
    const name = nameOf(ask);
    const value = await read(ask);
    if (!isLatest()) return value;
    if (value === undefined) {
      known.delete(name);
      unknown.set(name, { ask, readMs, value: undefined });
      return undefined;
    }
    unknown.delete(name);
    known.set(name, { ask, readMs, value });
    return value;
  }

  function outdate(name: string): void {
    flights.delete(name);
    const remembered = known.get(name);
    if (remembered) known.set(name, { ...remembered, readMs: Number.NEGATIVE_INFINITY });
    unknown.delete(name);
  }

  return {
    async get(ask, beforeRead) {
      const name = nameOf(ask);
      const remembered = known.get(name) ?? unknown.get(name);
      if (remembered && isFresh(remembered)) return remembered.value;
      const flight = flights.get(name);
      if (flight && isFresh(flight)) return flight.value;
      if (!known.has(name)) beforeRead();
      const readMs = elapsedMs(); // before the read: the value may change while its answer is on the way
      const isLatest = (): boolean => flights.get(name) === own;
      const own: Dated<Ask, Promise<Value | undefined>> = { ask, readMs, value: readNow(ask, readMs, isLatest) };
      flights.set(name, own);
      try {
        return await own.value;
      } finally {
        if (isLatest()) flights.delete(name);
      }
    },

    outdate,

    outdateEach(isMeant) {
      const entries = [...known.entries(), ...unknown.entries(), ...flights];
      for (const [name, { ask }] of entries) if (isMeant(ask)) outdate(name);
    },
  };
}

interface Dated<Ask, Value> {
  readonly ask: Ask;
  readonly readMs: number;
  readonly value: Value;
}
