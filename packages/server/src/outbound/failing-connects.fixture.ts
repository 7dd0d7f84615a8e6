import { constants } from 'node:os';

/** Errors that the system tells at once: no route, no port left, no file descriptor left. */
export const SYNCHRONOUS_FAILURES = ['ENETUNREACH', 'EADDRNOTAVAIL', 'EMFILE'] as const;
export type SynchronousFailure = (typeof SYNCHRONOUS_FAILURES)[number];

/** Node's handle of a TCP connection, below `net`. */
interface TcpHandle {
  connect(...args: readonly unknown[]): number;
  connect6(...args: readonly unknown[]): number;
}

/**
 * Until it is disposed of, each TCP connection of this process fails within `connect`, except to a `spared` address, or
 * where no failure is named any more.
 */
export function failConnects(
  failureNow: SynchronousFailure | (() => SynchronousFailure | undefined),
  spared: readonly string[] = [],
): Disposable {
  const { binding } = process as unknown as { binding(name: 'tcp_wrap'): { TCP: { prototype: TcpHandle } } };
  const { prototype } = binding.call(process, 'tcp_wrap').TCP;
  const { connect, connect6 } = prototype;
  const failing = (real: TcpHandle['connect']): TcpHandle['connect'] =>
    function failingConnect(this: TcpHandle, ...args) {
      const [, address, port] = args;
      const isSpared = spared.includes(`${address}`) || spared.includes(`${address}:${port}`);
      const failure = typeof failureNow === 'function' ? failureNow() : failureNow;
      return isSpared || !failure ? real.apply(this, [...args]) : -constants.errno[failure];
    };
  Object.assign(prototype, { connect: failing(connect), connect6: failing(connect6) });
  return { [Symbol.dispose]: () => Object.assign(prototype, { connect, connect6 }) };
}
