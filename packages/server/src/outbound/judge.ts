import ipaddr from 'ipaddr.js';
import { parseIpAddress } from '../domain/access/ip-address.ts';
import { withinAny } from '../domain/access/network.ts';
import type { AllowedNetwork } from './allowed-network.ts';

/** Where a connection would go. */
export interface Destination {
  readonly protocol: string;
  /** As it would be dialled: a literal of a URL, or of an answer of the DNS. */
  readonly address: string;
  readonly port: number;
}

export type Verdict = 'permitted' | 'not-public' | 'not-https';

const HTTPS_PORT = 443;

/** Public addresses by https on its port, and everything in an allowed network, on its port if it has one. */
export function createJudge(allow: readonly AllowedNetwork[]): (destination: Destination) => Verdict {
  const rules = allow.map(({ network, port }) => ({ contains: withinAny([network]), port }));

  return ({ protocol, address, port }) => {
    const parsed = isIpv4Mapped(address) ? undefined : parseIpAddress(address);
    if (parsed === undefined || address.includes('%')) return 'not-public'; // a zone is of one link
    if (rules.some((rule) => rule.contains(parsed) && (rule.port === 'any' || rule.port === port))) return 'permitted';
    if (!isPublic(parsed)) return 'not-public';
    return protocol === 'https:' && port === HTTPS_PORT ? 'permitted' : 'not-https';
  };
}

const isIpv4Mapped = (address: string): boolean =>
  ipaddr.IPv6.isValid(address) && ipaddr.IPv6.parse(address).isIPv4MappedAddress();

/** Azure's agent on each machine, which hands out secrets: in no reserved range. */
const AZURE_AGENT = '168.63.129.16';

/**
 * All of IPv6 that IANA assigns to hosts of the internet. Outside of it ipaddr.js takes IPv4-compatible addresses for
 * unicast.
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * ipaddr.js has ranges for 6to4, Teredo and NAT64. Any of them, and ISATAP, may lead to the IPv4 address that is
 * embedded.
 */
function isPublic(address: string): boolean {
  const ip = ipaddr.parse(address);
  if (ip.range() !== 'unicast' || address === AZURE_AGENT) return false;
  return !(ip instanceof ipaddr.IPv6) || (ip.match(GLOBAL_UNICAST) && !isIsatap(ip));
}

/** RFC 5214 6.1: an interface identifier of ::0:5efe or ::200:5efe before an IPv4 address, in any network. */
const isIsatap = ({ parts }: { readonly parts: readonly number[] }): boolean =>
  (parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe;
