import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { isIP, type LookupFunction, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { unlessAborted } from '../flow/abort.ts';
import type { Destination, Verdict } from './judge.ts';
import type { LookUp } from './look-up.ts';
import { OutboundError, type OutboundFault } from './outbound-error.ts';
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
 * A connection to an address that was judged: a name is looked up once, and of the addresses found only those are
 * dialled that are permitted. Errors: `OutboundError`, or the reason of the signal.
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
    return await unlessAborted(lookUp(hostname, signal), signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new OutboundError('unresolved-name', `expected an address of ${hostname}; got ${reasonOf(cause)}`, { cause });
  }
}

/** Node dials a literal `host` itself, and for a name what `lookup` answers, with both families raced (RFC 8305). */
async function connected(peer: Peer, permitted: readonly LookupAddress[], signal: AbortSignal): Promise<Socket> {
  const { hostname: host, port } = peer;
  // A connection without a route fails within the answer: it is given when the socket has its listeners.
  const lookup: LookupFunction = (_name, _options, answer) => process.nextTick(answer, null, [...permitted]);
  const socket = surviving(new Socket());
  try {
    socket.connect({ host, port, lookup, autoSelectFamily: true });
    await unlessAborted(once(socket, 'connect'), signal);
  } catch (cause) {
    socket.destroy();
    signal.throwIfAborted();
    throw notConnected(faultOf(cause), { peer, expected: 'a connection', cause });
  }
  return peer.protocol === 'https:' ? await secured(socket, peer, signal) : socket;
}

/** The first of several addresses decides. */
function faultOf(cause: unknown): 'refused-connection' | 'timeout' | 'connect' {
  const first = cause instanceof AggregateError ? cause.errors[0] : cause;
  const code = first instanceof Error && 'code' in first ? first.code : undefined;
  if (code === 'ECONNREFUSED') return 'refused-connection';
  return code === 'ETIMEDOUT' ? 'timeout' : 'connect';
}

async function secured(socket: Socket, peer: Peer, signal: AbortSignal): Promise<Socket> {
  try {
    const secure = surviving(connectTls({ socket, ...tlsTerms(peer.hostname) }));
    await unlessAborted(once(secure, 'secureConnect'), signal);
    return secure;
  } catch (cause) {
    socket.destroy(); // and with it the one above it
    signal.throwIfAborted();
    const expected = 'a TLS connection whose certificate is valid for it';
    throw notConnected('tls', { peer, expected, cause });
  }
}

/** An error without a listener ends the process, and a socket may have one at any time until it is closed. */
const surviving = (socket: Socket): Socket => socket.on('error', () => undefined);

/**
 * The certificate is verified by the URL's host, whatever NODE_TLS_REJECT_UNAUTHORIZED says. SNI has no addresses, and
 * no last dot.
 */
const tlsTerms = (host: string) => ({
  host,
  rejectUnauthorized: true,
  ALPNProtocols: ['http/1.1'],
  ...(isIP(host) === 0 && { servername: host.replace(/\.$/, '') }),
});

const expectedHttps = (peer: Peer): OutboundError =>
  new OutboundError(
    'refused-url',
    `expected https on port 443, or a network of OUTBOUND_ALLOW; got ${peer.protocol}//${nameOf(peer)}`,
  );

interface Failure {
  readonly peer: Peer;
  readonly expected: string;
  readonly cause: unknown;
}

const notConnected = (fault: OutboundFault, { peer, expected, cause }: Failure): OutboundError =>
  new OutboundError(fault, `expected ${expected} to ${nameOf(peer)}; got ${reasonOf(cause)}`, { cause });

/** A name may have hundreds. */
const MAX_NAMED = 4;

function expectedPublic({ hostname }: Peer, found: readonly LookupAddress[]): OutboundError {
  const got = found.slice(0, MAX_NAMED).map(({ address }) => address);
  const detail = `expected ${hostname} to have a public address, or one of OUTBOUND_ALLOW; got ${got.join(', ') || 'none'}`;
  return new OutboundError('refused-address', detail);
}

export const nameOf = ({ hostname, port }: Omit<Peer, 'protocol'>): string =>
  `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
