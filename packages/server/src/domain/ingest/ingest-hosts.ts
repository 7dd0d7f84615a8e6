/** Where a host may be: at a public address, or also in a network of `OUTBOUND_ALLOW`. */
export type Reach = 'public' | 'allowed';

/** The hosts that pictures may be fetched from; `null` from `reachOf`: none of them. */
export interface IngestHosts {
  /** `hostname`: as in a parsed URL. */
  reachOf(hostname: string): Reach | null;
}

/** Any public host. */
export const ANY_HOST = '*';

/** Before a name: all that are below it. */
export const BELOW = '*.';

/**
 * `entries`: names in lower case, `BELOW` before a name, or `ANY_HOST`. Only hosts that are named may be in a network
 * of the operator's own: people choose the others.
 */
export function createIngestHosts(entries: readonly string[]): IngestHosts {
  const names = new Set(entries.filter((one) => !one.startsWith('*')));
  const ends = entries.filter((one) => one.startsWith(BELOW)).map((one) => one.slice(1));
  return {
    reachOf(given) {
      const hostname = given.replace(/\.$/, '');
      if (names.has(hostname) || ends.some((end) => hostname.endsWith(end) && hostname.length > end.length))
        return 'allowed';
      return entries.includes(ANY_HOST) ? 'public' : null;
    },
  };
}
