import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { InNamespace } from './own-namespace.ts';

/** Ports on which something listens, at every address. */
export const PORTS = [80, 443, 6379, 8080] as const;

/** Reached by nothing but this file. */
const SENTINEL = '127.9.9.9';

export interface Listeners extends AsyncDisposable {
  /** The addresses and ports of the connections during `work`, in order. */
  reachedBy(work: () => Promise<unknown>): Promise<string[]>;
  /** The requests that HTTP servers got, and no other ones: `Host` and path. */
  readonly requests: string[];
}

/** `https` has the trusted certificate for each name but `untrusted.test`. */
export async function startListeners(files: InNamespace): Promise<Listeners> {
  const reached: string[] = [];
  const requests: string[] = [];
  const sockets = new Set<Socket>();

  const answer: RequestListener = (request, response) => {
    const { host = '', url = '' } = { host: request.headers.host, url: request.url };
    requests.push(`${host}${url}`);
    request.resume();
    const to = new URL(url, 'http://localhost').searchParams.get('to');
    if (to === null) response.end('an answer');
    else response.writeHead(307, { Location: to, 'Content-Length': 0 }).end();
  };
  const read = (path: string): string => readFileSync(path, 'utf8');
  const https = createTlsServer({ key: read(files.key), cert: read(files.cert) }, answer);
  https.addContext('untrusted.test', { key: read(files.untrustedKey), cert: read(files.untrustedCert) });
  https.on('tlsClientError', () => undefined);
  const servers: Readonly<Record<(typeof PORTS)[number], Server>> = {
    80: createServer(answer),
    443: https,
    6379: createTcpServer(),
    8080: createServer(answer),
  };
  for (const port of PORTS) {
    servers[port].on('connection', (socket: Socket) => {
      sockets.add(socket.on('error', () => undefined));
      reached.push(`${(socket.localAddress ?? '').replace('::ffff:', '')} ${socket.localPort}`);
    });
    servers[port].listen(port, '::');
    await once(servers[port], 'listening');
  }

  /** A server accepts in order, so everything that was dialled before has been counted now. */
  const settle = async (): Promise<void> => {
    for (const port of PORTS) {
      const accepted = once(servers[port], 'connection');
      const socket = connect(port, SENTINEL).on('error', () => undefined);
      await Promise.all([accepted, once(socket, 'connect')]);
      while (!reached.includes(`${SENTINEL} ${port}`)) await once(servers[port], 'connection');
      socket.destroy();
    }
  };

  return {
    requests,
    async reachedBy(work) {
      reached.length = 0;
      await work();
      await settle();
      return reached.filter((one) => !one.startsWith(SENTINEL));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(
        Object.values(servers).map(async (server) => {
          server.close();
          await once(server, 'close');
        }),
      );
    },
  };
}

/** Dials as a client without a guard does; whether it got a connection. */
export async function dialUnguarded(url: URL): Promise<boolean> {
  const port = Number(url.port || { 'http:': 80, 'https:': 443 }[url.protocol]);
  const socket = connect(port, url.hostname.replace(/^\[(.*)\]$/, '$1'));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
