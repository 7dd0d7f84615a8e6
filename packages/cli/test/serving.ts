import { once } from 'node:events';
import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that isn't the service, on a port of its own. */
export async function serve(
  listener: RequestListener,
): Promise<AsyncDisposable & { readonly url: string; stop(): void }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop,
    [Symbol.asyncDispose]: async () => stop(),
  };
}

/** The request at another origin, under the same Host, which signatures cover. */
export async function forward(origin: string, incoming: Parameters<RequestListener>[0]) {
  const { promise, resolve, reject } = Promise.withResolvers<Parameters<RequestListener>[0]>();
  const { method, headers, url = '/' } = incoming;
  incoming.pipe(request(new URL(url, origin), { method, headers }, resolve).on('error', reject));
  const answer = await promise;
  const body = Buffer.concat(await Array.fromAsync(answer));
  return {
    status: answer.statusCode ?? 0,
    type: answer.headers['content-type'] ?? '',
    range: answer.headers['content-range'],
    body,
  };
}
