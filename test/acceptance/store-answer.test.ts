import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { describe, it } from 'node:test';
import type { Grant } from './answers.ts';
import { put } from './api.ts';
import { requireRefused } from './store-answer.ts';

const LARGE = new Uint8Array(64 * 1_048_576);

const grantAt = (port: number): Grant => ({
  image_id: 'id',
  upload_url: `http://127.0.0.1:${port}/incoming/u/id`,
  method: 'PUT',
  headers: { 'Content-Type': 'image/png' },
  fields: {},
  expires_at: '',
  max_size: LARGE.length,
  status: 'pending',
});

async function listening(server: Server | ReturnType<typeof createSocketServer>) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

describe('a refusal by a store', () => {
  for (const status of [400, 403]) {
    it(`may be ${status}`, async () => {
      await using store = await listening(
        createServer((incoming, outgoing) => void incoming.resume().on('end', () => outgoing.writeHead(status).end())),
      );
      requireRefused(await put(grantAt(store.port), LARGE.subarray(0, 10)));
    });
  }

  it('may be a closed connection during the body, with a response or without one', async () => {
    const REFUSAL = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
    for (const answer of [REFUSAL, '']) {
      await using store = await listening(
        createSocketServer((socket) => {
          socket.on('error', () => undefined);
          socket.once('data', () => socket.write(answer, () => socket.resetAndDestroy()));
        }),
      );
      requireRefused(await put(grantAt(store.port), LARGE));
    }
  });

  it('is not any other status', () => {
    for (const answer of [200, 204, 301, 404, 411, 500]) assert.throws(() => requireRefused(answer), /answered/);
  });
});
