import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { createRequestListener } from './request-listener.ts';

describe('the request listener', () => {
  it('closes the connection if a response cannot be written, logs the first, and serves the next request', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(line) });
    const fetch = (request: Request): Response =>
      new Response('body', {
        headers: request.url.includes('/bad') ? ({ etag: 'a\nb' } as Record<string, string>) : {},
      });
    await using server = createServer(createRequestListener({ fetch, observe: () => undefined, logger })).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    await assert.rejects(globalThis.fetch(`${origin}/bad?X-Amz-Signature=abcdef#sig`), TypeError);
    assert.equal(await (await globalThis.fetch(`${origin}/good`)).text(), 'body');
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /Invalid character.*writing an answer failed/);
    assert.deepEqual(
      (JSON.parse(lines[0] ?? '') as { path: string }).path,
      '/bad',
      'expected the path without its query',
    );
    await assert.rejects(globalThis.fetch(`${origin}/bad`), TypeError);
    assert.equal(lines.length, 1, 'expected the second of one cause to be counted');
    server.closeAllConnections();
  });
});
