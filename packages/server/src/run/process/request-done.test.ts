import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { RequestDone, ServiceEvent } from '../../observe/observer/observer.ts';
import { superviseConnections } from '../connections/connections.ts';
import { createRequestListener, type RequestBindings } from './request-listener.ts';

const CHUNK = new Uint8Array(65_536).fill(97);

/** Chunks of 64 KB: as many as the path says. */
const streamed = (chunks: number): ReadableStream<Uint8Array<ArrayBuffer>> => {
  let left = chunks;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(CHUNK);
      else controller.close();
    },
  });
};

/** A program's app: it answers after it has read the body, unless the path says otherwise. */
async function app(request: Request, { incoming, outgoing, facts }: RequestBindings): Promise<Response> {
  const [, name, number] = new URL(request.url).pathname.split('/');
  if (name === 'unread') await nextTurn(); // the body has arrived
  if (name === 'unread' || name === 'at-once') return new Response('too large', { status: 413 });
  if (name === 'never') return new Promise(() => undefined);
  if (incoming.headers.expect !== undefined) outgoing.writeContinue();
  if (incoming.method !== 'GET') for await (const chunk of incoming) facts.bytesRead += (chunk as Buffer).length;
  switch (name) {
    case 'buffer':
      return new Response(CHUNK, { headers: { 'x-long': 'é'.repeat(50) } });
    case 'not-modified':
      return new Response(null, { status: 304, headers: { etag: '"x"' } });
    case 'stream':
      return new Response(streamed(Number(number)), {
        headers: { 'content-length': String(Number(number) * CHUNK.length) },
      });
    case 'open-end': // after its last byte the source has yet to tell its end
      return new Response(new ReadableStream({ start: (controller) => controller.enqueue(CHUNK) }), {
        headers: { 'content-length': String(CHUNK.length) },
      });
    case 'breaks':
      return new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('away')) }));
    default:
      return new Response(`text of ${name}`);
  }
}

describe('request-done', () => {
  const events: RequestDone[] = [];
  const failures: unknown[] = [];
  const hearers = new Set<() => void>();
  const stack = new AsyncDisposableStack();
  let port: number;

  before(async () => {
    const observe = (event: ServiceEvent): void => {
      if (event.event === 'request-done') events.push(event);
      if (event.event === 'request-failed') failures.push(event.error);
      for (const hear of hearers) hear();
    };
    const server = createServer();
    const listener = createRequestListener({ fetch: app, observe, logger: pino({ level: 'silent' }) });
    superviseConnections(server, listener, { maxConnections: 100 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    stack.defer(() => {
      server.closeAllConnections();
      server.close();
    });
  });
  after(() => stack.disposeAsync());

  /** The events of these requests, once there are so many. */
  async function done(count: number): Promise<RequestDone[]> {
    while (events.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      hearers.add(resolve);
      await promise;
      hearers.delete(resolve);
    }
    await nextTurn(); // a second event of a request would be here
    assert.equal(events.length, count);
    return events.splice(0);
  }

  async function open(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  const head = (line: string, ...more: string[]): string =>
    `${[`${line} HTTP/1.1`, 'Host: localhost', ...more].join('\r\n')}\r\n\r\n`;
  const CHUNKED = '5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n';
  const MIXED = [
    { sent: head('GET /a'), is: ['GET', 200, 0, 9] },
    { sent: head('HEAD /a'), is: ['HEAD', 200, 0, 0] },
    { sent: `${head('POST /b', 'Content-Length: 7')}1234567`, is: ['POST', 200, 7, 9] },
    { sent: head('GET /buffer'), is: ['GET', 200, 0, 65_536] },
    { sent: head('GET /not-modified'), is: ['GET', 304, 0, 0] },
    { sent: `${head('PUT /c', 'Transfer-Encoding: chunked')}${CHUNKED}`, is: ['PUT', 200, 11, 9] },
    { sent: head('GET /stream/5'), is: ['GET', 200, 0, 5 * 65_536] },
    { sent: `${head('PUT /d', 'Content-Length: 3', 'Expect: 100-continue')}123`, is: ['PUT', 200, 3, 9] },
    { sent: head('OPTIONS *'), is: ['OPTIONS', 400, 0, 'problem'] },
    { sent: `${head('POST /unread', 'Content-Length: 4')}1234`, is: ['POST', 413, 4, 9] },
    { sent: head('DELETE /e', 'Content-Length: 0'), is: ['DELETE', 200, 0, 9] },
  ] as const;

  const countsOf = ({ method, status, bytesIn, bytesOut }: RequestDone) => [method, status, bytesIn, bytesOut];

  function assertMixed(found: readonly RequestDone[]): void {
    const malformed = found.find(({ method }) => method === 'OPTIONS');
    assert.ok(malformed && malformed.bytesOut > 200, `${malformed?.bytesOut} bytes of a problem`);
    assert.partialDeepStrictEqual(malformed, { code: 'invalid-request', route: null, operation: null, path: '*' });
    assert.match(malformed.requestId, /^[\w-]{36}$/);
    assert.deepEqual(
      found.map((one) => (one === malformed ? [...countsOf(one).slice(0, 3), 'problem'] : countsOf(one))),
      MIXED.map(({ is }) => [...is]),
    );
    assert.ok(found.every(({ outcome, elapsedMs }) => outcome === 'answered' && elapsedMs > 0));
  }

  it('counts the bytes of both bodies, of requests that share a connection one after the other', async () => {
    const socket = await open();
    socket.resume();
    const found: RequestDone[] = [];
    for (const { sent } of MIXED) {
      socket.write(sent);
      found.push(...(await done(1)));
    }
    socket.destroy();
    assertMixed(found);
  });

  it('counts them for each of pipelined requests', async () => {
    const socket = await open();
    socket.resume();
    socket.write(MIXED.map(({ sent }) => sent).join(''));
    assertMixed(await done(MIXED.length));
    socket.destroy();
  });

  it("doesn't wait for the rest of a body that follows an early answer", async () => {
    const socket = await open();
    socket.resume();
    socket.write(head('POST /at-once', 'Content-Length: 4'));
    const [one] = await done(1);
    assert.deepEqual([one && countsOf(one), one?.outcome], [['POST', 413, 0, 9], 'answered']);
    socket.destroy();
  });

  it('comes while the rest of such a body is read, which resets no connection, also if it is the last one', async () => {
    const socket = await open();
    const ended = once(socket, 'close');
    const write = promisify((text: string, sent: (error?: Error | null) => void) => socket.write(text, sent));
    await write(head('POST /at-once', 'Content-Length: 4', 'Connection: close'));
    const [one] = await done(1);
    assert.deepEqual([one?.status, one?.outcome], [413, 'answered']);
    for (const byte of '1234') await write(byte); // the second one fails after a reset
    assert.match(await text(socket), /^HTTP\/1\.1 413 .*\r\nConnection: close\r\n.*too large$/s);
    await ended;
  });

  it('is answered if the client leaves after the last declared byte', async () => {
    const socket = await open();
    socket.write(head('GET /open-end'));
    let received = '';
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
      if (received.length - received.indexOf('\r\n\r\n') - 4 === CHUNK.length) socket.destroy();
    });
    const [one] = await done(1);
    assert.deepEqual([one?.outcome, one?.status, one?.bytesOut], ['answered', 200, CHUNK.length]);
  });

  it('is aborted, with the bytes so far, if the client leaves in the middle of its body', async () => {
    const socket = await open();
    socket.write(head('PUT /x', 'Content-Length: 100000', 'Expect: 100-continue'));
    await once(socket, 'data'); // it may be sent now
    socket.end('x'.repeat(1_234));
    const [one] = await done(1);
    assert.partialDeepStrictEqual(one, { method: 'PUT', path: '/x', outcome: 'aborted', status: 0 });
    assert.deepEqual([one?.bytesIn, one?.bytesOut], [1_234, 0]);
  });

  it('is aborted, with what was sent so far, if the client leaves in the middle of the answer', async () => {
    const socket = await open();
    socket.write(head('GET /stream/100000'));
    let received = 0;
    socket.on('data', (bytes) => {
      received += bytes.length;
      if (received > 300_000) socket.destroy();
    });
    const [one] = await done(1);
    assert.partialDeepStrictEqual(one, { outcome: 'aborted', status: 200 });
    const { bytesOut = 0 } = one ?? {};
    const inSystem = 64 * 1_048_576; // more than the system's buffers
    assert.ok(bytesOut > received - 1_000 && bytesOut < received + inSystem, `${bytesOut} of ${received} bytes`);
  });

  it('is aborted if the client leaves before there is an answer, or if there is none', async () => {
    const waiting = await open();
    waiting.write(head('GET /never'));
    waiting.end();
    waiting.destroy();
    assert.partialDeepStrictEqual(await done(1), [{ outcome: 'aborted', status: 0, bytesOut: 0 }]);
    assert.deepEqual(failures, [], 'clients that leave are no failure');

    const broken = await open();
    broken.resume();
    broken.write(head('GET /breaks'));
    const [one] = await done(1);
    assert.equal(one?.outcome, 'aborted');
    assert.deepEqual(failures, [new Error('away')], 'an error of the service in the middle of an answer');
  });
});
