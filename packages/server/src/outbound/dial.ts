import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { unlessAborted } from '../flow/abort.ts';
import type { Destination, Verdict } from './judge.ts';
import type { LookUp } from './look-up.ts';
import { OutboundError } from './outbound-error.ts';
import { reasonOf } from './reason.ts';

export interface Peer {
  readonly protocol: 'http:' | 'https:';
  /** A name, or an address without brackets. */
  readonly hostname: string;
  readonly port: number;
}

export interface DialOptions {
  readonly judge: (destination: Destination) => Verdict;
  readonly lookUp: LookUp;
  readonly signal: AbortSignal;
}

/**
 * A connection to an address that was judged: a name is looked up once, and of the addresses found only those are dialled that are
 * permitted. Errors: `OutboundError`, or the reason of the signal.
 */
export async function dial(peer: Peer, { judge, lookUp, signal }: DialOptions): Promise<Socket> {
  const found = await addressesOf(peer.hostname, lookUp, signal);
  const verdicts = found.map(({ address, family }) => ({ address, family, verdict: judge({ ...peer, address }) }));
  const permitted = verdicts.filter(({ verdict }) => verdict === 'permitted');
  if (permitted.length > 0) return await connected(peer, permitted, signal);
  if (verdicts.some(({ verdict }) => verdict === 'not-https')) throw expectedHttps(peer);
  throw expectedPublic(peer, found);
}

async function addressesOf(hostname: string, lookUp: LookUp, signal: AbortSignal): Promise<readonly LookupAddress[]> {
  const family = isIP(hostname);
  if (family !== 0) return [{ address: hostname, family }];
  try {
    return await unlessAborted(lookUp(hostname), signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new OutboundError('unresolved-name', `expected an address of ${hostname}; got ${reasonOf(cause)}`, { cause });
  }
}

/** Node dials a literal `host` itself, and for a name what `lookup` answers, with both families raced (RFC 8305). */
async function connected(peer: Peer, permitted: readonly LookupAddress[], signal: AbortSignal): Promise<Socket> {
  const { hostname: host, port } = peer;
  const lookup: LookupFunction = (_name, _options, answer) => answer(null, [...permitted]);
  const to = { host, port, lookup, autoSelectFamily: true };
  const isTls = peer.protocol === 'https:';
  const socket = isTls ? connectTls({ ...to, ...tlsTerms(host) }) : connectTcp(to);
  let isDialled = false;
  socket.once('connect', () => {
    isDialled = true;
  });
  try {
    await unlessAborted(once(socket, isTls ? 'secureConnect' : 'connect'), signal);
    return socket;
  } catch (cause) {
    socket.on('error', () => undefined).destroy();
    signal.throwIfAborted();
    const expected = isDialled ? 'a TLS connection whose certificate is valid for it' : 'a connection';
    const message = `expected ${expected} to ${nameOf(peer)}; got ${reasonOf(cause)}`;
    throw new OutboundError(isDialled ? 'tls' : 'connect', message, { cause });
  }
}

/** The certificate is verified by the URL's host, whatever NODE_TLS_REJECT_UNAUTHORIZED says. SNI has no addresses, and no last dot. */
const tlsTerms = (host: string) => ({
  rejectUnauthorized: true,
  ALPNProtocols: ['http/1.1'],
  ...(isIP(host) === 0 && { servername: host.replace(/\.$/, '') }),
});

const expectedHttps = (peer: Peer): OutboundError =>
  new OutboundError(
    'refused-url',
    `expected https on port 443, or a network of OUTBOUND_ALLOW; got ${peer.protocol}//${nameOf(peer)}`,
  );

/** A name may have hundreds. */
const MAX_NAMED = 4;

function expectedPublic({ hostname }: Peer, found: readonly LookupAddress[]): OutboundError {
  const got = found.slice(0, MAX_NAMED).map(({ address }) => address);
  const detail = `expected ${hostname} to have a public address, or one of OUTBOUND_ALLOW; got ${got.join(', ') || 'none'}`;
  return new OutboundError('refused-address', detail);
}

export const nameOf = ({ hostname, port }: Omit<Peer, 'protocol'>): string =>
  `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
