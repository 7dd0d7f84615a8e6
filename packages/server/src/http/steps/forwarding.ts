import { parseIpAddress } from '../../domain/access/ip-address.ts';
import { type Network, withinAny } from '../../domain/access/network.ts';
import { rememberLast } from '../../flow/remember.ts';
import { FAMILIES, type ForwardingFamily, followHops } from '../../http-semantics/forwarding/follow-hops.ts';
import { header, hostHeader } from '../request/header.ts';
import { isNamedBy, type OwnNames } from '../request/own-names.ts';
import type { RouteContext } from '../route.ts';
import { requireReadableLength } from './header-lengths.ts';
import type { Step } from './step.ts';

export interface ForwardingRules extends OwnNames {
  /** The proxies whose headers count, of one family; null: none. */
  readonly proxies: { readonly trusted: readonly Network[]; readonly headers: ForwardingFamily } | null;
}

/**
 * Finds out who the client is, and how it addressed the service: the only place that does. Runs first, so that the log line of every
 * request has the client's address. A header counts only if the peer of the connection is a trusted proxy; on Lambda the peer is the
 * event's source.
 */
export const forwarding = ({ proxies, ...names }: ForwardingRules): Step => {
  const family = proxies && FAMILIES[proxies.headers];
  const isTrusted = withinAny(proxies?.trusted ?? []);
  const isOurs = rememberLast(isNamedBy(names));
  const canonical = rememberLast(parseIpAddress);
  return (c) => {
    const peer = canonical(peerOf(c) ?? '');
    c.set('clientAddress', peer);
    const direct = addressedDirectly(c);
    c.set('addressed', direct);
    if (family === null || peer === undefined || !isTrusted(peer)) return;

    for (const name of family.headers) requireReadableLength(c, name);
    const hops = family.hops((name) => header(c, name));
    const { address, scheme, host } = followHops(peer, hops, isTrusted);
    c.set('clientAddress', address);
    c.set('addressed', {
      scheme: scheme ?? direct.scheme,
      host: host !== undefined && isOurs(host) ? host : direct.host,
    });
  };
};

/** Undefined for a socket without an IP address, or one that has been closed. */
const peerOf = (c: RouteContext): string | undefined =>
  c.env?.incoming?.socket.remoteAddress ?? c.env?.event?.remoteAddress;

/** With https if the platform says so. */
const addressedDirectly = (c: RouteContext) =>
  ({ scheme: c.req.url.startsWith('https:') ? 'https' : 'http', host: hostHeader(c) ?? '' }) as const;
