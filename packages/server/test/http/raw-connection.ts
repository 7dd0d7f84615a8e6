import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection by hand: what it sends is up to the test, and what comes back is kept as it comes. */
export interface RawConnection extends AsyncDisposable {
  readonly socket: Socket;
  /** All that came, as Latin-1. */
  received(): string;
  /** Resolves when `isEnough` of what came, or at the connection's end. */
  until(isEnough: (received: string) => boolean): Promise<string>;
  /** Resolves with all that came, when the other side has ended the connection. */
  readonly ended: Promise<string>;
}

/** `localAddress`: as which of this machine's addresses. */
export async function connectTo(origin: string, localAddress?: string): Promise<RawConnection> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ port: Number(port), host: hostname, ...(localAddress !== undefined && { localAddress }) });
  await once(socket, 'connect');
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  socket.on('error', () => {}); // a reset is one way to end
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  return {
    socket,
    received: () => received,
    async until(isEnough) {
      while (!isEnough(received) && !socket.closed) await Promise.race([once(socket, 'data'), ended]);
      return received;
    },
    ended,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await ended;
    },
  };
}

export const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n\r\n`;

/** Of every answer in it, in their order. */
export const statuses = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
