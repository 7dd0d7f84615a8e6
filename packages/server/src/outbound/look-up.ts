import { promises as dns, type LookupAddress } from 'node:dns';

/** The addresses of a name. Errors: those of `dns.lookup`. */
export type LookUp = (hostname: string) => Promise<readonly LookupAddress[]>;

/**
 * Who asks for a name while it is looked up shares that look-up; the next one asks anew. libuv lends two threads to all look-ups of a process,
 * and one that nobody awaits any more keeps its thread: attempts at one slow name would stall every other name.
 */
export function createLookUp(): LookUp {
  const pending = new Map<string, Promise<readonly LookupAddress[]>>();
  return (hostname) => {
    const shared = pending.get(hostname);
    if (shared) return shared;
    const found = dns.lookup(hostname, { all: true }).finally(() => pending.delete(hostname));
    pending.set(hostname, found);
    return found;
  };
}
