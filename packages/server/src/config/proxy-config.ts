import { type Network, parseNetwork } from '../domain/access/network.ts';
import { FORWARDING_FAMILIES, type ForwardingFamily } from '../http-semantics/forwarding/follow-hops.ts';
import { expected, oneOf, type Read, variable } from './variable.ts';

/** The proxies between clients and the service. */
export interface ProxyConfig {
  readonly trusted: readonly [Network, ...Network[]];
  /** The headers that count. */
  readonly headers: ForwardingFamily;
}

const NETWORKS = 'networks of proxies, as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, comma-separated; never /0';

export const PROXY_VARIABLES = {
  trustedProxies: variable({
    name: 'TRUSTED_PROXIES',
    group: 'callers',
    default: '',
    about:
      'The networks of the proxies in front of the service, comma-separated: `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`. Only their headers say who the client is, and under which scheme and host it reaches the service (docs/operations.md). Unset: the client is the peer of the connection.',
    parse: (given): readonly Network[] =>
      given === '' ? [] : given.split(',').map((one) => parseNetwork(one.trim()) ?? expected(NETWORKS)),
  }),
  proxyHeaders: variable({
    name: 'PROXY_HEADERS',
    group: 'callers',
    default: '',
    about:
      'With TRUSTED_PROXIES, the headers that these proxies write: `x-forwarded` (X-Forwarded-For, -Proto and -Host) or `forwarded` (RFC 7239). The others are ignored, because a proxy passes them through as the client sent them.',
    parse: (given) => (given === '' ? null : oneOf(...FORWARDING_FAMILIES)(given)),
  }),
} as const;

/** null: no header of a proxy counts. Reports one variable without the other, which would believe nobody, or a header of a client. */
export function readProxies(read: Read, report: (name: string, detail: string) => void): ProxyConfig | null {
  const [first, ...rest] = read(PROXY_VARIABLES.trustedProxies);
  const headers = read(PROXY_VARIABLES.proxyHeaders);
  if (first !== undefined && headers !== null) return { trusted: [first, ...rest], headers };
  if (first !== undefined) {
    const detail = `expected ${FORWARDING_FAMILIES.join(' or ')} with TRUSTED_PROXIES, as the proxies send; got none`;
    report(PROXY_VARIABLES.proxyHeaders.name, detail);
  }
  if (headers !== null)
    report(PROXY_VARIABLES.trustedProxies.name, 'expected the networks of the proxies with PROXY_HEADERS; got none');
  return null;
}
