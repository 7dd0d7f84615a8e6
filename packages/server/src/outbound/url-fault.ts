import { isIP } from 'node:net';
import type { AllowedNetwork } from './allowed-network.ts';
import { createJudge } from './judge.ts';

/**
 * What was expected of a URL that somebody chose; undefined: nothing is wrong with it. `mayBeInside`: OUTBOUND_ALLOW
 * permits some network.
 */
export function urlFault(given: string, { mayBeInside }: { readonly mayBeInside: boolean }): string | undefined {
  const url = URL.parse(given);
  const isWeb = url?.protocol === 'https:' || (url?.protocol === 'http:' && mayBeInside);
  if (!isWeb || url.hash !== '') return `a URL with https${mayBeInside ? ' or http' : ''}, without a fragment`;
  if (url.username !== '' || url.password !== '') return 'a URL without credentials';
  if (url.port !== '' && !mayBeInside) return 'a URL on port 443, or its network in OUTBOUND_ALLOW';
  return undefined;
}

const PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

/**
 * A rule for a URL that is requested as soon as it is given: an address in it is judged at once. Names are judged with
 * each connection.
 */
export function createUrlRule(allow: readonly AllowedNetwork[]): (given: string) => string | undefined {
  const judge = createJudge(allow);
  return (given) => {
    const fault = urlFault(given, { mayBeInside: allow.length > 0 });
    const url = URL.parse(given);
    if (fault !== undefined || url === null) return fault;
    const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) === 0) return undefined;
    const { protocol } = url;
    const port = url.port === '' ? (PORTS[protocol] ?? 0) : Number(url.port);
    if (judge({ protocol, address, port }) === 'permitted') return undefined;
    return 'a URL whose address is public and on https port 443, or in a network of OUTBOUND_ALLOW';
  };
}
