import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { LookUp } from './look-up.ts';

export interface TimedLookUpOptions {
  /** For names that the servers of the DNS don't know, such as those of a hosts file; null: such names aren't found. */
  readonly otherwise: LookUp | null;
  /** How long a question waits for its answer; each is asked twice. */
  readonly timeoutMs?: number;
  /** Addresses and ports of name servers. Default: those of the system. */
  readonly servers?: readonly string[];
}

const TIMEOUT_MS = 1_500;
const TRIES = 2;
/** Any number of addresses fits into an answer by TCP. */
const MAX_ADDRESSES = 64;

/** The DNS has answered that there are none. */
const NONE: readonly unknown[] = ['ENOTFOUND', 'ENODATA'];
/** No server of the DNS can be asked. */
const NO_SERVER = 'ECONNREFUSED';

/**
 * Look-ups that end in time and hold no thread, whatever the name: people's URLs name hosts whose DNS is dead. It asks
 * the servers of the DNS itself (c-ares), so it knows neither search domains nor a hosts file.
 */
export function createTimedLookUp({ otherwise, timeoutMs = TIMEOUT_MS, servers }: TimedLookUpOptions): LookUp {
  return async (hostname, signal) => {
    const family = isIP(hostname);
    if (family !== 0) return [{ address: hostname, family }];
    signal?.throwIfAborted();
    const resolver = new dns.Resolver({ timeout: timeoutMs, tries: TRIES, maxTimeout: timeoutMs });
    if (servers) resolver.setServers(servers);
    const cancel = (): void => resolver.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
      const found = answers.flatMap((answer, at) =>
        answer.status === 'fulfilled' ? answer.value.map((address) => addressOf(address, at === 0 ? 4 : 6)) : [],
      );
      if (found.length > 0) return found.slice(0, MAX_ADDRESSES);
      const errors = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
      if (otherwise && errors.every(isAnswered)) return await otherwise(hostname, signal);
      throw errors.find((error) => !isAnswered(error)) ?? errors[0];
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };
}

const addressOf = (address: string, family: number): LookupAddress => ({ address, family });

const isAnswered = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (NONE.includes(error.code) || error.code === NO_SERVER);
