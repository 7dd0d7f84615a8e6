import type { IpAddress } from '../../domain/access/ip-address.ts';
import { forwardedHops } from './forwarded.ts';
import type { HeaderValue, Hop, Scheme } from './hop.ts';
import { xForwardedHops } from './x-forwarded.ts';

/** The headers by which proxies pass on what they know. Proxies pass the other family through as a client wrote it. */
export const FORWARDING_FAMILIES = ['x-forwarded', 'forwarded'] as const;
export type ForwardingFamily = (typeof FORWARDING_FAMILIES)[number];

interface Family {
  readonly headers: readonly Lowercase<string>[];
  readonly hops: (value: HeaderValue) => Iterable<Hop>;
}

export const FAMILIES = {
  'x-forwarded': { headers: ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'], hops: xForwardedHops },
  forwarded: { headers: ['forwarded'], hops: forwardedHops },
} as const satisfies Record<ForwardingFamily, Family>;

/** The client of a request, as far as trusted proxies know it. */
export interface ForwardedClient {
  readonly address: IpAddress;
  readonly scheme: Scheme | undefined;
  readonly host: string | undefined;
}

/**
 * From the peer of the socket back to the first address that isn't a trusted proxy. A hop counts only if a trusted
 * proxy wrote it: the peer wrote the first one, and the sender that a hop names wrote the next. Hops are read one by
 * one, so nothing of an untrusted sender is parsed.
 */
export function followHops(
  peer: IpAddress,
  hops: Iterable<Hop>,
  isTrusted: (address: IpAddress) => boolean,
): ForwardedClient {
  let client: ForwardedClient = { address: peer, scheme: undefined, host: undefined };
  if (!isTrusted(peer)) return client;
  for (const { from, scheme, host } of hops) {
    client = { address: from ?? client.address, scheme, host };
    if (from === undefined || !isTrusted(from)) return client;
  }
  return client;
}
