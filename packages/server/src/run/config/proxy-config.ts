import { type Network, parseNetwork } from '../../domain/access/network.ts';
import { FORWARDING_FAMILIES, type ForwardingFamily } from '../../http-semantics/forwarding/follow-hops.ts';
import { expected, oneOf, type Read, variable } from './variable.ts';

/** The proxies between clients and the service: at least one network, or a secret by which the first proxy is known. */
export interface ProxyConfig {
  readonly trusted: readonly Network[];
  /** The headers that count. */
  readonly headers: ForwardingFamily;
  /** SHA-256 of the secrets of which each request must have one, in hexadecimal digits; empty: it needs none. */
  readonly originSecrets: readonly string[];
}

const HASHES = 'the SHA-256 of a secret, 64 hexadecimal digits; or of two, with a comma between them';
const MAX_SECRETS = 2;

const NETWORKS = 'networks of proxies, as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, comma-separated; never /0';

export const PROXY_VARIABLES = {
  trustedProxies: variable({
    name: 'TRUSTED_PROXIES',
    group: 'callers',
    default: '',
    about:
      'The networks of the proxies in front of the service, comma-separated: `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`. Only their headers say who the client is, and under which scheme and host it reaches the service (docs/proxies.md). Unset: the client is the peer of the connection.',
    parse: (given): readonly Network[] =>
      given === '' ? [] : given.split(',').map((one) => parseNetwork(one.trim()) ?? expected(NETWORKS)),
  }),
  proxyHeaders: variable({
    name: 'PROXY_HEADERS',
    group: 'callers',
    default: '',
    about:
      'With TRUSTED_PROXIES or ORIGIN_SECRET_SHA256, the headers that these proxies write: `x-forwarded` (X-Forwarded-For, -Proto and -Host) or `forwarded` (RFC 7239). The others are ignored, because a proxy passes them through as the client sent them.',
    parse: (given) => (given === '' ? null : oneOf(...FORWARDING_FAMILIES)(given)),
  }),
  originSecrets: variable({
    name: 'ORIGIN_SECRET_SHA256',
    group: 'callers',
    default: '',
    about:
      'The SHA-256, in hexadecimal digits, of a secret that a CDN sends as `X-Origin-Secret`: a request without it is a 403, so that nobody gets around the CDN, and the peer of one with it counts as a trusted proxy (docs/proxies.md). Two, comma-separated, while the secret is replaced.',
    // What was given may be the secret itself, so no message repeats it.
    parse: (given): readonly string[] => {
      if (given === '') return [];
      const hashes = given.split(',').map((one) => one.trim().toLowerCase());
      const areHashes = hashes.length <= MAX_SECRETS && hashes.every((one) => /^[0-9a-f]{64}$/.test(one));
      return areHashes ? hashes : expected(HASHES);
    },
    isSecret: true,
  }),
} as const;

/**
 * null: no header of a proxy counts. Reports proxies without their headers, and the reverse, which would believe
 * nobody, or a client.
 */
export function readProxies(read: Read, report: (name: string, detail: string) => void): ProxyConfig | null {
  const trusted = read(PROXY_VARIABLES.trustedProxies);
  const originSecrets = read(PROXY_VARIABLES.originSecrets);
  const headers = read(PROXY_VARIABLES.proxyHeaders);
  const by = trusted.length > 0 ? 'TRUSTED_PROXIES' : originSecrets.length > 0 ? 'ORIGIN_SECRET_SHA256' : undefined;
  if (by !== undefined && headers !== null) return { trusted, headers, originSecrets };
  if (by !== undefined) {
    const detail = `expected ${FORWARDING_FAMILIES.join(' or ')} with ${by}, as the proxies send; got none`;
    report(PROXY_VARIABLES.proxyHeaders.name, detail);
  }
  if (headers !== null)
    report(PROXY_VARIABLES.trustedProxies.name, 'expected the networks of the proxies with PROXY_HEADERS; got none');
  return null;
}
