import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A plain TCP connection: the test decides what is sent, and everything received is kept unchanged. */
export interface RawConnection extends AsyncDisposable {
  readonly socket: Socket;
  /** Everything received, as Latin-1. */
  received(): string;
  /** Resolves once `isEnough` accepts what was received, or at the connection's end. */
  until(isEnough: (received: string) => boolean): Promise<string>;
  /** Resolves with everything received, when the other side has ended the connection. */
  readonly ended: Promise<string>;
}

/** `localAddress`: one of this machine's addresses. */
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

/** The statuses of all answers in it, in order. */
export const statuses = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
