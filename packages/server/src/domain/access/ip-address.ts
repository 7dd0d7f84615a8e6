import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

declare const brand: unique symbol;
/**
 * An IPv4 or IPv6 address in its canonical text (RFC 5952), without a zone. An IPv4-mapped IPv6 address is the IPv4
 * address, because a socket that listens on `::` reports IPv4 clients that way.
 */
export type IpAddress = string & { readonly [brand]: 'IpAddress' };

/** IPv4-compatible addresses are deprecated (RFC 4291 2.5.5.1), and ipaddr.js takes them for IPv4-mapped ones. */
const IPV4_COMPATIBLE = /^::\d+\./;

/**
 * The address in `text`; undefined if `text` is anything else, or an IPv4 address with octal, hexadecimal or fewer than
 * four parts.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (isIP(text) === 0 || IPV4_COMPATIBLE.test(text)) return undefined; // ipaddr.js alone accepts 0x7f.1 and 010.0.0.1
  const [withoutZone = ''] = text.split('%', 1);
  return ipaddr.process(withoutZone).toString() as IpAddress;
}
