import type { buildConnector } from 'undici';
import { startDeadline } from './deadline.ts';
import { dial, nameOf, type Peer } from './dial.ts';
import type { Destination, Verdict } from './judge.ts';
import type { LookUp } from './look-up.ts';
import { OutboundError } from './outbound-error.ts';

export interface ConnectorOptions {
  readonly judge: (destination: Destination) => Verdict;
  readonly lookUp: LookUp;
  /** For the look-up, TCP and TLS. */
  readonly connectMs: number;
  readonly closing: AbortSignal;
}

/** The `connect` of undici: it has no other way to a socket. */
export const createConnector =
  ({ judge, lookUp, connectMs, closing }: ConnectorOptions): buildConnector.connector =>
  ({ protocol, hostname, port }, answer) => {
    const peer = peerOf({ protocol, hostname, port });
    const expected = `expected a connection to ${nameOf(peer)} within ${connectMs} ms; got none`;
    const late = () => new OutboundError('timeout', expected);
    const deadline = startDeadline({ afterMs: connectMs, late, follows: [closing] });
    dial(peer, { judge, lookUp, signal: deadline.signal })
      .finally(() => deadline[Symbol.dispose]())
      .then(
        (socket) => answer(null, socket),
        (error: Error) => answer(error, null),
      );
  };

/** `port` is empty if it is the default. */
const peerOf = ({ protocol, hostname, port }: Readonly<Record<'protocol' | 'hostname' | 'port', string>>): Peer =>
  protocol === 'https:'
    ? { protocol, hostname, port: Number(port || 443) }
    : { protocol: 'http:', hostname, port: Number(port || 80) };
