import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** A proxy to other servers. It forwards requests unchanged, including the signed Host. */
export interface Front extends AsyncDisposable {
  readonly url: string;
}

/** The URL of the server that answers; undefined if the proxy itself answered. Its delay delays the request. */
export type Route = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
) => string | undefined | Promise<string | undefined>;

/** Shorter than the servers' keep-alive timeouts, so that no request meets a closed connection. */
const IDLE_MS = 5_000;
/** Longer than the clients' keep-alive timeouts, for the same reason. */
const CLIENT_IDLE_MS = 60_000;

/** Without hop-by-hop headers. */
function endToEnd({ connection, 'keep-alive': keepAlive, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers;
}

/** `localAddress`: from which it reaches the servers. `agent`: its connections to them. */
export async function startFront(
  route: Route,
  localAddress = '127.0.0.1',
  agent = new Agent({ keepAlive: true, timeout: IDLE_MS, localAddress }),
): Promise<Front> {
  function handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const to = route(incoming, outgoing);
    if (to instanceof Promise) to.then((late) => forward(late, incoming, outgoing)).catch(() => outgoing.destroy());
    else forward(to, incoming, outgoing);
  }

  function forward(to: string | undefined, incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (to === undefined || outgoing.destroyed) return;
    const { hostname, port } = new URL(to);
    const { method, url: path } = incoming;
    const onward = request({ hostname, port, method, path, headers: endToEnd(incoming.headers), agent });
    onward.on('continue', () => outgoing.writeContinue());
    onward.on('response', (answered) => {
      outgoing.writeHead(answered.statusCode ?? 502, answered.statusMessage, endToEnd(answered.headers));
      pipeline(answered, outgoing, () => {}); // if one side ends, the other one is ended too
    });
    onward.on('error', () => {
      if (!outgoing.headersSent) outgoing.destroy();
    });
    // A server may answer before it has read the body: the unread rest would precede the client's next request.
    onward.on('close', () => incoming.unpipe(onward).resume());
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) onward.destroy();
    });
    incoming.pipe(onward);
  }

  const server = createServer({ keepAliveTimeout: CLIENT_IDLE_MS }, handle).on('checkContinue', handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Like the programs behind it, it doesn't keep this process alive.
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, 'close');
    },
  };
}
