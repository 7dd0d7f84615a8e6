import { once } from 'node:events';
import { type ClientRequest, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLogger } from '../../src/observe/log/logger.ts';
import { superviseConnections } from '../../src/run/connections/connections.ts';
import { createRequestListener } from '../../src/run/process/request-listener.ts';
import type { TestService } from './service.ts';

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Sent {
  readonly request: ClientRequest;
  readonly answered: Promise<Answered>;
  /** Disconnects like a killed client. */
  leave(): void;
}

export interface Sending {
  readonly method: string;
  /** Path and query, or a whole URL. */
  readonly target: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
  /** An address of 127.0.0.0/8. */
  readonly from: string;
}

/** A test's service on its own socket, with clients at any address of this machine. */
export interface ListeningService extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly address: string;
  send(sending: Sending): Sent;
}

export async function listen(service: Pick<TestService, 'fetch' | 'services'>): Promise<ListeningService> {
  const logger = await createLogger({ level: 'silent', format: 'json' });
  const server = createServer();
  const { observe } = service.services;
  superviseConnections(server, createRequestListener({ fetch: service.fetch, observe, logger }), {
    maxConnections: 1_000,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    send({ method, target, headers = {}, body, from }) {
      const url = new URL(target, `http://127.0.0.1:${port}`);
      const length = body ? { 'Content-Length': String(body.length) } : {};
      const sent = request({
        port,
        host: '127.0.0.1',
        path: `${url.pathname}${url.search}`,
        method,
        localAddress: from,
        agent: false,
        headers: { Host: url.host, ...length, ...headers },
      });
      const answered = answerTo(sent).then(async (incoming) => ({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: await text(incoming),
      }));
      answered.catch(() => undefined); // a client that has disconnected gets no answer
      sent.end(body);
      return { request: sent, answered, leave: () => void sent.destroy() };
    },
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const answerTo = (sent: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
  });
