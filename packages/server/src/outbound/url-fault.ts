import { isIP } from 'node:net';
import { unlessAborted } from '../flow/abort.ts';
import type { AllowedNetwork } from './allowed-network.ts';
import { createJudge } from './judge.ts';
import type { LookUp } from './look-up.ts';

/** What is wrong with a URL that somebody chose, in words without its path, which may be a secret. */
export interface UrlFault {
  readonly expected: string;
  readonly got: string;
}

/** undefined: nothing is wrong with it. `mayBeInside`: OUTBOUND_ALLOW permits some network. */
export function urlFault(given: string, { mayBeInside }: { readonly mayBeInside: boolean }): UrlFault | undefined {
  const url = URL.parse(given);
  const scheme = mayBeInside ? 'a URL with https or http' : 'a URL with https';
  if (url === null) return { expected: scheme, got: 'no URL' };
  if (url.protocol === 'http:' && !mayBeInside)
    return { expected: `${scheme}, or its network in OUTBOUND_ALLOW`, got: 'http' };
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { expected: scheme, got: 'another scheme' };
  if (url.hash !== '') return { expected: 'a URL without a fragment', got: 'one with a fragment' };
  if (url.username !== '' || url.password !== '')
    return { expected: 'a URL without credentials', got: 'one with credentials' };
  if (url.port !== '' && !mayBeInside)
    return { expected: 'a URL on port 443, or its network in OUTBOUND_ALLOW', got: `port ${url.port}` };
  return undefined;
}

const PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

/** Whoever gives a URL waits no longer. Each connection judges the name anyway. */
const LOOK_UP_MS = 3_000;

/** undefined: the URL may be asked. */
type UrlRule = (given: string) => Promise<UrlFault | undefined>;

/**
 * A rule for a URL that is requested as soon as it is given: an address in it is judged at once, and so are those of a
 * name by http or on another port, which public hosts don't have. Each connection judges other names, and those that
 * aren't found.
 */
export function createUrlRule(allow: readonly AllowedNetwork[], lookUp: LookUp): UrlRule {
  const judge = createJudge(allow);
  return async (given) => {
    const fault = urlFault(given, { mayBeInside: allow.length > 0 });
    const url = URL.parse(given);
    if (fault !== undefined || url === null) return fault;
    const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const { protocol } = url;
    const port = url.port === '' ? (PORTS[protocol] ?? 0) : Number(url.port);
    const isNamed = isIP(hostname) === 0;
    if (isNamed && protocol === 'https:' && url.port === '') return undefined;
    const addresses = isNamed ? await found(hostname, lookUp) : [hostname];
    const isPermitted = (address: string) => judge({ protocol, address, port }) === 'permitted';
    if (addresses.length === 0 || addresses.some(isPermitted)) return undefined;
    return {
      expected: 'a URL whose address is public and on https port 443, or in a network of OUTBOUND_ALLOW',
      got: `${protocol}//${url.host}`,
    };
  };
}

/** The addresses of a name; none if they aren't found in time. */
async function found(hostname: string, lookUp: LookUp): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(LOOK_UP_MS);
  const look = unlessAborted(lookUp(hostname, signal), signal);
  return (await look.catch(() => [])).map(({ address }) => address);
}
