import { type IpAddress, parseIpAddress } from '../../domain/access/ip-address.ts';
import { isPrivateAddress, type Network, withinAny } from '../../domain/access/network.ts';
import { rememberLast } from '../../domain/remember.ts';
import { FAMILIES, type ForwardingFamily, followHops } from '../../http-semantics/forwarding/follow-hops.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { header, hostHeader } from '../request/header.ts';
import { hostname, isLoopbackHost } from '../request/origins.ts';
import { isNamedBy, type OwnNames } from '../request/own-names.ts';
import type { RouteContext } from '../route.ts';
import { requireReadableLength } from './header-lengths.ts';
import { requireOriginSecret } from './origin-secret.ts';
import type { Step } from './step.ts';

export interface ForwardingRules extends OwnNames {
  /** The proxies whose headers count, of one family; null: none. */
  readonly proxies: {
    readonly trusted: readonly Network[];
    readonly headers: ForwardingFamily;
    /** SHA-256, in hexadecimal digits: each request needs one of these secrets; empty: none. */
    readonly originSecrets: readonly string[];
  } | null;
}

/**
 * Finds out who the client is, and how it addressed the service: the only place that does. Runs first, so that the log
 * line of every request has the client's address. A header counts only if the peer of the connection is a trusted
 * proxy; on Lambda the peer is the event's source. A peer that sent the origin's secret is trusted, whatever its
 * address. Errors: `origin-secret-required`.
 */
export const forwarding = ({ proxies, ...names }: ForwardingRules, observe: Observer): Step => {
  const family = proxies && FAMILIES[proxies.headers];
  const isListed = withinAny(proxies?.trusted ?? []);
  const sentSecret = requireOriginSecret(proxies?.originSecrets ?? []);
  const isOurs = rememberLast(isNamedBy(names));
  const canonical = rememberLast(parseIpAddress);
  const noticeProxy = noticeUntrustedProxy(names.publicUrl, observe);
  return (c) => {
    const peer = canonical(peerOf(c) ?? '');
    c.set('clientAddress', peer);
    const direct = addressedDirectly(c);
    c.set('addressed', direct);
    const isKnown = sentSecret(c);
    if (family === null && peer !== undefined) noticeProxy(peer, direct.host);
    if (family === null || peer === undefined || !(isKnown || isListed(peer))) return;

    for (const name of family.headers) requireReadableLength(c, name);
    const hops = family.hops((name) => header(c, name));
    // API Gateway names its peer in the header, too. Further entries with this address are of others: of a stranger's
    // distribution, say.
    let times = isKnown ? 2 : 0;
    const isTrusted = (address: IpAddress): boolean => isListed(address) || (address === peer && times-- > 0);
    const { address, scheme, host } = followHops(peer, hops, isTrusted);
    c.set('clientAddress', address);
    c.set('addressed', {
      scheme: scheme ?? direct.scheme,
      host: host !== undefined && isOurs(host) ? host : direct.host,
    });
  };
};

/**
 * Whether the peer of the connection is a trusted proxy, whose headers count. A request without the origin's secret is
 * refused later.
 */
export function trustsPeer({ proxies }: ForwardingRules): (c: RouteContext) => boolean {
  if (proxies === null) return () => false;
  const isListed = withinAny(proxies.trusted);
  const sentSecret = requireOriginSecret(proxies.originSecrets);
  return (c) => {
    const peer = parseIpAddress(peerOf(c) ?? '');
    if (peer === undefined) return false;
    try {
      return sentSecret(c) || isListed(peer);
    } catch {
      return false;
    }
  };
}

/**
 * Warns once if a request for the public name of the service comes from a private address: likely from a proxy, behind
 * which all clients count as one. Without PUBLIC_URL, or if that is an address, such clients are expected.
 */
function noticeUntrustedProxy(publicUrl: string | null, observe: Observer): (peer: IpAddress, host: string) => void {
  const name = publicUrl === null ? undefined : new URL(publicUrl).hostname;
  const isPublic =
    name !== undefined && !isLoopbackHost(name) && parseIpAddress(name.replace(/^\[|\]$/g, '')) === undefined;
  let isToTell = isPublic;
  return (peer, host) => {
    if (!isToTell || hostname(host) !== name || !isPrivateAddress(peer)) return;
    isToTell = false;
    const sentence = `TRUSTED_PROXIES is empty, and a request for ${name} came from the private address ${peer}. If that is a proxy, all its clients share one address and one limit: list its network (docs/proxies.md)`;
    observe({ event: 'warning', sentence });
  };
}

/** Undefined for a socket without an IP address, or one that has been closed. */
const peerOf = (c: RouteContext): string | undefined =>
  c.env?.incoming?.socket.remoteAddress ?? c.env?.event?.remoteAddress;

/** With https if the platform says so. */
const addressedDirectly = (c: RouteContext) =>
  ({ scheme: c.req.url.startsWith('https:') ? 'https' : 'http', host: hostHeader(c) ?? '' }) as const;
