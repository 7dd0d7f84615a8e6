import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import type { ImageEvent } from '@safelight/client';
import { Webhook } from 'standardwebhooks';
import { type Attempt, type Forwarding, forwardEvent } from './forward-event.ts';
import { newSecret, secretIn, signedMessage } from './signed-message.ts';

const EVENT: ImageEvent = {
  event_id: '01932f00-0000-7000-8000-000000000001-3',
  type: 'image.updated',
  image_id: '01932f00-0000-7000-8000-000000000001',
  user_id: 'ada',
  revision: 3,
  status: 'ready',
  time: '2026-01-31T12:00:00.000Z',
  changed: ['tags'],
  cursor: 'a cursor',
};

/** The specification's own. */
const VECTOR = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('a signed message', () => {
  it('is what the library of receivers verifies', () => {
    for (const secret of [newSecret(), secretIn(VECTOR)]) {
      const { body, headers } = signedMessage(EVENT, { source: 'https://images.example.org', secret, now: new Date() });
      const { cursor: _, ...data } = EVENT;
      const message = { type: 'image.updated', timestamp: EVENT.time, data };
      assert.deepEqual(new Webhook(secret.text).verify(body, headers), message);
      assert.throws(() => new Webhook(secret.text).verify(body.replace('ada', 'eve'), headers));
      assert.throws(() => new Webhook(newSecret().text).verify(body, headers));
    }
  });

  it('takes no secret that a receiver would refuse, and repeats none', () => {
    const short = `whsec_${Buffer.alloc(23).toString('base64')}`;
    const long = `whsec_${Buffer.alloc(65).toString('base64')}`;
    for (const text of ['', 'whsec_', VECTOR.slice('whsec_'.length), `${VECTOR}\n`, `${VECTOR}-_`, short, long])
      assert.throws(() => secretIn(text), {
        code: 'usage',
        message: 'Expected a secret of a webhook: whsec_ and 24 to 64 bytes as base64; got something else.',
      });
  });
});

describe('an event to a receiver', () => {
  /** Forwards the event to a receiver that answers so. */
  async function forwarded(answer: RequestListener, signal = new AbortController().signal) {
    const received: { body: string; headers: IncomingHttpHeaders }[] = [];
    const server = createServer(async (request, response) => {
      received.push({ body: await text(request), headers: request.headers });
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const pauses: number[] = [];
    const failed: Attempt[] = [];
    const secret = secretIn(VECTOR);
    const forwarding: Forwarding = {
      ...{ secret, signal, source: 'https://images.example.org' },
      receiver: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?key=1`),
      pause: async (ms) => pauses.push(ms),
      onRetry: (_, attempt) => failed.push(attempt),
    };
    try {
      return { result: await forwardEvent(EVENT, forwarding), received, pauses, failed };
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  it('is tried again with longer pauses, each time signed, and given up at last', async () => {
    const { result, received, pauses, failed } = await forwarded((_, response) =>
      response.writeHead(500).end(`no ${'x'.repeat(5_000)}`),
    );
    assert.deepEqual([result.isDelivered, result.status, result.attempts], [false, 500, 6]);
    assert.equal(result.answer.length, 1_024);
    assert.deepEqual([pauses, failed.length], [[500, 1_000, 2_000, 4_000, 8_000], 5]);
    for (const { body, headers } of received) new Webhook(VECTOR).verify(body, headers as Record<string, string>);
    assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1);
  });

  it('is delivered by a later attempt, over a cut connection and a redirect that is not followed', async () => {
    let count = 0;
    const { result, received } = await forwarded((request, response) => {
      count += 1;
      if (count === 1) return request.socket.destroy();
      return response.writeHead(count === 2 ? 307 : 204, { location: '/elsewhere' }).end();
    });
    assert.deepEqual([result.isDelivered, result.status, result.attempts, received.length], [true, 204, 3, 3]);
  });

  it('is not tried again after 410', async () => {
    const { result, received } = await forwarded((_, response) => response.writeHead(410).end());
    assert.deepEqual([result.isDelivered, result.attempts, received.length], [false, 1, 1]);
  });

  it('ends with its signal, also while the receiver is silent', async () => {
    const stopping = new AbortController();
    await assert.rejects(
      forwarded(() => stopping.abort(), stopping.signal),
      { name: 'AbortError' },
    );
  });
});
