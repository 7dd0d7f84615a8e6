import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** The end of the body of each POST, so that the peer knows when it has all of it. */
export const BODY = 'the end of the request';

/** A server on this machine that writes what HTTP libraries wouldn't. */
export interface LocalPeer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** All connections so far. */
  readonly sockets: readonly Socket[];
  /** Resolves when all connections so far have been closed. */
  closed(): Promise<void>;
}

/** `answer` writes to the connection of each request; its number is 1 for the first, and `head` its text. */
export async function startPeer(answer: (socket: Socket, request: number, head: string) => void): Promise<LocalPeer> {
  const sockets: Socket[] = [];
  let requests = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    let received = '';
    socket
      .on('error', () => undefined)
      .on('data', (bytes) => {
        received += bytes;
        if (!received.endsWith(received.startsWith('GET ') ? '\r\n\r\n' : BODY)) return;
        const head = received;
        received = '';
        requests += 1;
        answer(socket, requests, head);
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    sockets,
    async closed() {
      await Promise.all(sockets.map((socket) => socket.closed || new Promise((end) => socket.once('close', end))));
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** A whole answer, with its length. */
export const whole = (body: string, status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Writes `text` again and again, for as long as the other side reads. */
export function flood(socket: Socket, start: string, text: string): void {
  const bytes = Buffer.from(text);
  socket.write(start);
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', more);
  more();
}

/** Writes one character each 20 ms, and the last one again and again. */
export function trickle(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++] ?? text.slice(-1)), 20);
  socket.once('close', () => clearInterval(timer));
}
