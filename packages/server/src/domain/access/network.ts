import ipaddr from 'ipaddr.js';
import { type IpAddress, parseIpAddress } from './ip-address.ts';

/** The 16-bit groups of the first 64 bits. */
const GROUPS = 4;

/**
 * What one client is counted by: the IPv4 address, or the first 64 bits of an IPv6 address, because one host may use
 * any address below them (RFC 4291 2.5.4). Other text is unchanged.
 */
export function networkOf(address: string): string {
  const parsed = parseIpAddress(address);
  if (parsed === undefined || !parsed.includes(':')) return parsed ?? address;
  const groups = ipaddr.IPv6.parse(parsed)
    .parts.slice(0, GROUPS)
    .map((part) => part.toString(16));
  return `${groups.join(':')}::/64`;
}

declare const brand: unique symbol;
/** A network in CIDR notation (RFC 4632), such as `10.0.0.0/8`. Never all addresses of a family. */
export type Network = string & { readonly [brand]: 'Network' };

/**
 * The network in `text`, also a single address. Undefined if `text` is anything else: a prefix of 0, which names every
 * address, or bits behind the prefix, which are a mistake in one of both.
 */
export function parseNetwork(text: string): Network | undefined {
  const [, first = '', given] = /^([\da-f:.]+)(?:\/([1-9]\d{0,2}))?$/i.exec(text) ?? [];
  const address = parseIpAddress(first);
  if (address === undefined) return undefined;
  const isIpv6 = address.includes(':');
  const bits = given === undefined ? (isIpv6 ? 128 : 32) : Number(given);
  if (bits > (isIpv6 ? 128 : 32)) return undefined;
  const network = `${address}/${bits}`;
  const start = (isIpv6 ? ipaddr.IPv6 : ipaddr.IPv4).networkAddressFromCIDR(network);
  return start.toString() === address ? (network as Network) : undefined;
}

/**
 * Whether the address is of no public network: a proxy of ours has such an address, and a client of the internet never.
 */
export const isPrivateAddress = (address: IpAddress): boolean => PRIVATE.has(ipaddr.parse(address).range());

/** Ranges of RFC 1918, 4193, 3927 and 6598, in the words of ipaddr.js. */
const PRIVATE: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'linkLocal', 'loopback', 'carrierGradeNat']);

/** Whether one of the networks contains an address. */
export function withinAny(networks: readonly Network[]): (address: IpAddress) => boolean {
  const parsed = networks.map((network) => ipaddr.parseCIDR(network));
  return (address) => {
    const ip = ipaddr.parse(address);
    return parsed.some((network) => network[0].kind() === ip.kind() && ip.match(network));
  };
}
