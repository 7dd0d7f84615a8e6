import { parseIpAddress } from '../domain/access/ip-address.ts';
import { type Network, parseNetwork, withinAny } from '../domain/access/network.ts';

/** A network of the operator's own, which requests may reach by http too. */
export interface AllowedNetwork {
  readonly network: Network;
  readonly port: number | 'any';
}

export const ALLOWED_NETWORKS =
  'networks as 10.1.2.0/24, 10.1.2.3:8080, [fd00::/8] or [fd00::/8]:8080, comma-separated; never /0';

/** IPv6 has brackets always: fd00::1:8080 is an address. */
const ENTRY = /^(?:\[(?<ipv6>[^\]]+)\]|(?<ipv4>[\d./]+))(?::(?<port>[1-9]\d{0,4}))?$/;

const LAST_PORT = 65_535;

/**
 * One entry of `OUTBOUND_ALLOW`. Undefined if `text` is anything else, such as a name, or an IPv4-mapped IPv6 address.
 */
export function parseAllowedNetwork(text: string): AllowedNetwork | undefined {
  const { ipv6, ipv4 = '', port } = ENTRY.exec(text)?.groups ?? {};
  const network = parseNetwork(ipv6 ?? ipv4);
  if (network === undefined || network.includes(':') !== (ipv6 !== undefined)) return undefined;
  if (port === undefined) return { network, port: 'any' };
  return Number(port) <= LAST_PORT ? { network, port: Number(port) } : undefined;
}

const WIDEST_BITS = { ipv4: 8, ipv6: 16 } as const;

/** Unique local addresses (RFC 4193): hosts of the internet have none. */
const UNIQUE_LOCAL = { contains: withinAny(['fc00::/7' as Network]), bits: 7 };

/** A sentence for each network that is so wide that it leaves hardly anything guarded. */
export const tooWideNetworks = (allowed: readonly AllowedNetwork[]): readonly string[] =>
  allowed
    .filter(({ network }) => isTooWide(network))
    .map(
      ({ network }) =>
        `OUTBOUND_ALLOW: expected networks of /8 or narrower, and of /16 in IPv6 unless within fc00::/7; got ${network}. The next version refuses it.`,
    );

function isTooWide(network: Network): boolean {
  const [address = '', prefix] = network.split('/');
  const bits = Number(prefix);
  if (!address.includes(':')) return bits < WIDEST_BITS.ipv4;
  const parsed = parseIpAddress(address);
  const isLocal = parsed !== undefined && UNIQUE_LOCAL.contains(parsed) && bits >= UNIQUE_LOCAL.bits;
  return bits < WIDEST_BITS.ipv6 && !isLocal;
}
