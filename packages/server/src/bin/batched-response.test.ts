import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { batchedResponses } from './batched-response.ts';

interface Asked extends Disposable {
  readonly responses: readonly ServerResponse[];
  readonly clients: readonly Socket[];
}

/** A server that was asked by as many clients, each over a connection of its own, and owes them their answers. */
async function asked(count: number): Promise<Asked> {
  const server = createServer({ ServerResponse: batchedResponses() }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { promise, resolve } = Promise.withResolvers<void>();
  const responses: ServerResponse[] = [];
  server.on('request', (_request, response) => {
    responses.push(response);
    if (responses.length === count) resolve();
  });
  const clients = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
  for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await promise;
  return {
    responses,
    clients,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const areSent = (responses: readonly ServerResponse[]): boolean[] =>
  responses.map(({ socket }) => (socket?.bytesWritten ?? 0) > 0);

describe('answers of one turn of the event loop', () => {
  it('go out together at its end', async () => {
    using exchanges = await asked(2);
    const { responses, clients } = exchanges;
    for (const response of responses) response.end('whole');
    await Promise.resolve();
    assert.deepEqual(areSent(responses), [false, false]);
    await nextTurn();
    assert.deepEqual(
      responses.map(({ writableEnded }) => writableEnded),
      [true, true],
    );
    for (const client of clients) assert.match(await text(client), /\r\n\r\nwhole$/);
  });

  it('don’t wait for more than fifteen others', async () => {
    using exchanges = await asked(17);
    const { responses, clients } = exchanges;
    for (const response of responses) response.end(Buffer.from('whole'));
    assert.deepEqual(areSent(responses), [...Array.from({ length: 16 }, () => true), false]);
    for (const client of clients) assert.match(await text(client), /\r\n\r\nwhole$/);
  });

  it('are waited for only now and then by who asks one by one', async () => {
    using exchanges = await asked(20);
    const waited: number[] = [];
    for (const [index, response] of exchanges.responses.entries()) {
      response.end('whole');
      if (!response.writableEnded) waited.push(index);
      await nextTurn();
    }
    assert.deepEqual(waited, [0, 16]);
  });

  it('are waited for again after fifteen, and as long as there are others', async () => {
    using exchanges = await asked(20);
    const [alone, ...others] = exchanges.responses;
    alone?.end('whole');
    await nextTurn();
    for (const response of others.slice(0, 17)) response.end('whole');
    assert.equal(others.filter(({ writableEnded }) => writableEnded).length, 15);
    await nextTurn();
    for (const response of others.slice(17)) response.end('whole');
    assert.equal(others.filter(({ writableEnded }) => writableEnded).length, 17);
    await nextTurn();
    assert.ok(others.every(({ writableEnded }) => writableEnded));
  });

  it('are each its own: one that can’t be written ends its connection, one whose client has gone nothing', async () => {
    using exchanges = await asked(3);
    const { responses, clients } = exchanges;
    const [unwritable, abandoned, good] = responses;
    if (unwritable) unwritable.statusCode = 99;
    for (const response of responses) response.end('whole');
    abandoned?.socket?.destroy();
    const answers = await Promise.all(clients.map((client) => text(client).catch(() => 'cut off')));
    assert.deepEqual(
      answers.map((answer) => answer.split('\r\n\r\n')[1]),
      [undefined, undefined, 'whole'],
    );
    assert.ok(good?.writableFinished);
  });

  it('wait only where they come whole: ends of streams, and none at all, are as Node has them', async () => {
    using exchanges = await asked(3);
    const { responses, clients } = exchanges;
    const [stream, empty, encoded] = responses;
    stream?.write('a ');
    stream?.end();
    empty?.writeHead(204).end();
    const { promise, resolve } = Promise.withResolvers<void>();
    encoded?.end('e9', 'hex', resolve);
    assert.deepEqual(areSent(responses), [true, true, true]);
    await promise;
    const [first, second, third] = await Promise.all(clients.map((client) => text(client)));
    assert.match(first ?? '', /a /);
    assert.match(second ?? '', /204 No Content/);
    assert.match(third ?? '', /Content-Length: 1\r\n/);
  });
});
