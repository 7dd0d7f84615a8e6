import { type IpAddress, parseIpAddress } from '../../domain/access/ip-address.ts';

/** A port, or one that the proxy hides (RFC 7239 6.3). */
const PORT = '(?::(?:\\d{1,5}|_[\\w.-]+))?';
const IPV6_IN_BRACKETS = new RegExp(`^\\[([\\da-f:.]+)\\]${PORT}$`, 'i');
const IPV4 = new RegExp(`^([\\d.]+)${PORT}$`);
const IPV6 = /^([\da-f:.]+)$/i;

/**
 * The address of a node (RFC 7239 6), with or without a port; also an IPv6 address without brackets, as X-Forwarded-For
 * has it. Undefined for `unknown`, a hidden name such as `_gazonk`, an address with a zone, and anything else.
 */
export function nodeAddress(text: string): IpAddress | undefined {
  const [, address] = IPV6_IN_BRACKETS.exec(text) ?? IPV4.exec(text) ?? IPV6.exec(text) ?? [];
  const isBracketed = text.startsWith('[');
  if (address === undefined || (isBracketed && !address.includes(':'))) return undefined;
  return parseIpAddress(address);
}
