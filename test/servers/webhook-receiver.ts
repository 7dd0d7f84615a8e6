import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A message as it arrived. */
export interface Received {
  readonly id: string;
  readonly imageId: string;
  readonly revision: number;
  readonly type: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export type Answering = (message: Received, response: ServerResponse, request: IncomingMessage) => unknown;

export interface WebhookReceiver extends AsyncDisposable {
  answering: Answering;
  /** Every message, also repeated ones. */
  readonly received: Received[];
  /** Requests that are being answered now, and the most at once so far. */
  readonly load: { now: number; most: number };
  readonly url: string;
  readonly port: number;
  /** Resolves once so many messages have arrived. */
  until(count: number): Promise<void>;
}

export const answers =
  (status: number, headers: Record<string, string> = {}, body = ''): Answering =>
  (_, response) =>
    response.writeHead(status, headers).end(body);
export const OK = answers(204);
export const never: Answering = () => undefined;

/** A receiver of webhooks on this machine. */
export async function startReceiver(answering: Answering = OK): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const load = { now: 0, most: 0 };
  const waiting = new Set<{ readonly count: number; readonly done: () => void }>();
  const server = createServer(async (request, response) => {
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    response.once('close', () => {
      load.now -= 1;
    });
    const body = await text(request);
    const { data, type } = JSON.parse(body) as { data: { image_id: string; revision: number }; type: string };
    const { image_id: imageId, revision } = data;
    const message = {
      id: String(request.headers['webhook-id']),
      imageId,
      revision,
      type,
      body,
      headers: request.headers,
    };
    received.push(message);
    for (const one of waiting) if (received.length >= one.count) one.done();
    await receiver.answering(message, response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: WebhookReceiver = {
    answering,
    received,
    load,
    url: `http://127.0.0.1:${port}/hooks?token=hunter2`,
    port,
    async until(count) {
      if (received.length >= count) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add({ count, done: resolve });
      await promise;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return receiver;
}
