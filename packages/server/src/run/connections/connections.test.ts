import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { connectTo, lines, type RawConnection, statuses } from '../../../test/http/raw-connection.ts';
import { superviseConnections } from './connections.ts';
import { connectionLimit } from './limit.ts';

const get = (path: string): string => lines(`GET ${path} HTTP/1.1`, 'Host: localhost');

/** One chunk of a response; 2,000 of them exceed the socket buffers. */
const PIECE = Buffer.alloc(65_536, 'a');

const STALL_MS = 100;

/** A server with three connections at most, which answers every path except `/wait` at once. */
async function createHarness() {
  const server = createServer({ keepAliveTimeout: 0 });
  const waiting: ServerResponse[] = [];
  const closed: number[] = [];
  const accepted: Socket[] = [];
  server.on('connection', (socket) => {
    const number = accepted.push(socket) - 1;
    socket.once('close', () => closed.push(number));
  });
  const handle = ({ url }: IncomingMessage, outgoing: ServerResponse): void => {
    if (url === '/wait') waiting.push(outgoing);
    else if (url === '/large') Readable.from(Array<Buffer>(2_000).fill(PIECE)).pipe(outgoing);
    else outgoing.end('answered');
  };
  superviseConnections(server, handle, { maxConnections: 3, stallMs: STALL_MS, lingerMs: 100 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connect = async (address?: string): Promise<RawConnection> => {
    const accepted = once(server, 'connection');
    const connection = await connectTo(origin, address);
    await accepted;
    return connection;
  };
  /** Sends a request, and resolves when the server starts to handle it. */
  const begin = async ({ socket }: RawConnection, path: string): Promise<void> => {
    const begun = once(server, 'request');
    socket.write(get(path));
    await begun;
  };
  return {
    connect,
    /** The indexes of the connections that have ended. */
    closed,
    /** How much the system has taken of what the server wrote to this connection. */
    takenBytes: (number: number): number => {
      const { bytesWritten = 0, writableLength = 0 } = accepted[number] ?? {};
      return bytesWritten - writableLength;
    },
    begin,
    /** The answers to `/wait` that are due. */
    waiting,
    async connectWaiting(address?: string): Promise<RawConnection> {
      const connection = await connect(address);
      await begin(connection, '/wait');
      return connection;
    },
    answerAll: () => {
      for (const outgoing of waiting.splice(0)) outgoing.end('at last');
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

const answers = (connection: RawConnection, count: number): Promise<string> =>
  connection.until((text) => statuses(text).length === count && text.endsWith('answered'));

async function ask(connection: RawConnection, count = 1): Promise<void> {
  connection.socket.write(get('/'));
  assert.equal(statuses(await answers(connection, count)).length, count);
}

describe('a new connection above the limit', () => {
  it('replaces the longest idle connection, with or without an earlier request', async () => {
    await using harness = await createHarness();
    const { connect } = harness;
    const [first, second, third] = [await connect(), await connect(), await connect()];
    await ask(first); // now it is the most recently idle one
    const fourth = await connect();
    assert.equal(await second.ended, '', 'closed without a response');
    await ask(fourth);
    const fifth = await connect();
    assert.equal(await third.ended, '');
    for (const kept of [first, fourth, fifth]) await ask(kept, statuses(kept.received()).length + 1);
  });

  it('replaces a connection that has sent half a request', async () => {
    await using harness = await createHarness();
    const half = await harness.connect();
    half.socket.write('GET / HTTP/1.1\r\nHost: loc');
    for (let asked = 0; asked < 2; asked += 1) await ask(await harness.connect());
    await ask(await harness.connect());
    assert.equal(await half.ended, '');
  });

  it('replaces no connection with a running request, and is closed if all have one', async () => {
    await using harness = await createHarness();
    const busy = [await harness.connectWaiting(), await harness.connectWaiting()];
    const idle = await harness.connect();
    busy.push(await harness.connectWaiting());
    assert.equal(await idle.ended, '');
    const refused = await harness.connect();
    assert.equal(await refused.ended, '');
    harness.answerAll();
    for (const connection of busy) await connection.until((text) => text.endsWith('at last'));
    await ask(await harness.connect());
  });

  it('replaces a connection whose request is answered, but not one with another pipelined request', async () => {
    await using harness = await createHarness();
    const [pipelined, answered, other] = [
      await harness.connect(),
      await harness.connect(),
      await harness.connectWaiting(),
    ];
    pipelined.socket.write(get('/') + get('/wait'));
    await answers(pipelined, 1);
    await ask(answered);
    await ask(await harness.connect());
    assert.deepEqual(statuses(await answered.ended), [200]);
    harness.answerAll();
    for (const connection of [pipelined, other]) await connection.until((text) => text.endsWith('at last'));
  });

  it('replaces a connection whose client stops reading, but not one whose client reads slowly', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] }); // each look for stalled clients
    await using harness = await createHarness();
    const taking = await harness.connect();
    taking.socket.removeAllListeners('data').pause();
    await harness.begin(taking, '/large');
    const read = async (): Promise<void> => {
      const before = harness.takenBytes(0);
      taking.socket.resume();
      await taking.until(() => harness.takenBytes(0) !== before);
      taking.socket.pause();
    };
    await harness.connectWaiting();
    const stalled = await harness.connect();
    stalled.socket.pause();
    await harness.begin(stalled, '/large');
    for (let look = 0; look < 20; look += 1) {
      await read();
      t.mock.timers.tick(STALL_MS);
      const another = await harness.connect();
      another.socket.write(get('/'));
      const received = await another.until((text) => text.endsWith('answered'));
      if (received !== '') break; // the first attempts find no stalled connection yet
    }
    assert.deepEqual(
      harness.closed.filter((number) => number < 3),
      [2],
    );
  });

  it('is accepted as soon as another connection ends', async () => {
    await using harness = await createHarness();
    const kept = await harness.connectWaiting();
    for (let round = 0; round < 10; round += 1) {
      const [one, other] = [await harness.connect(), await harness.connect()];
      await ask(one);
      await ask(other);
      await one[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    }
    harness.answerAll();
    await kept.until((text) => text.endsWith('at last'));
  });
});

describe('a connection after its last answer, to a request whose body has yet to arrive', () => {
  const early = lines('POST / HTTP/1.1', 'Host: localhost', 'Expect: 100-continue', 'Content-Length: 4');

  it('begins no other request', async () => {
    await using harness = await createHarness();
    const connection = await harness.connect();
    connection.socket.write(early);
    await connection.until((text) => text.endsWith('answered'));
    connection.socket.write(`1234${get('/wait')}`);
    assert.deepEqual([statuses(await connection.ended), harness.waiting], [[200], []]);
  });

  it('ends after a while if the body does not arrive', async () => {
    await using harness = await createHarness();
    const { socket } = await harness.connect();
    socket.pause().write(early); // without reading, it keeps its own side open
    while (harness.closed.length === 0) await delay(10);
    assert.equal(socket.closed, false);
  });
});

/** Linux accepts connections at every address in 127.0.0.0/8. */
const SEVERAL_ADDRESSES = { skip: process.platform !== 'linux' && 'needs several addresses of this machine' };
const [GREEDY, MODEST, THIRD] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;

describe('a new connection above the limit, with clients at several addresses', SEVERAL_ADDRESSES, () => {
  it('replaces no connection of an address that holds fewer, even before its first request', async () => {
    await using harness = await createHarness();
    const modest = await harness.connect(MODEST);
    for (let opened = 0; opened < 10; opened += 1) await harness.connect(GREEDY);
    await ask(modest);
    for (let opened = 0; opened < 10; opened += 1) await harness.connect(GREEDY);
    await ask(modest, 2);
  });

  it('replaces no connection of an address that holds fewer, even if all others are busy', async () => {
    await using harness = await createHarness();
    const modest = await harness.connect(MODEST);
    for (let opened = 0; opened < 2; opened += 1) await harness.connectWaiting(GREEDY);
    const refused = await harness.connect(GREEDY);
    assert.equal(await refused.ended, '');
    await ask(modest);
  });

  it('replaces the longest busy connection of the address that holds most, and is not replaced in turn', async () => {
    await using harness = await createHarness();
    const busy = [];
    for (let opened = 0; opened < 3; opened += 1) busy.push(await harness.connectWaiting(GREEDY));
    const modest = await harness.connect(MODEST);
    assert.equal(await busy[0]?.ended, '');
    await harness.begin(modest, '/wait');
    const refused = await harness.connect(GREEDY);
    assert.equal(await refused.ended, '');
    harness.answerAll();
    for (const connection of [modest, ...busy.slice(1)]) await connection.until((text) => text.endsWith('at last'));
    assert.deepEqual(statuses(modest.received()), [200]);
  });

  it('is closed if all are busy and its address would hold as many as any other', async () => {
    await using harness = await createHarness();
    const busy = [
      await harness.connectWaiting(GREEDY),
      await harness.connectWaiting(GREEDY),
      await harness.connectWaiting(MODEST),
    ];
    const refused = await harness.connect(MODEST);
    assert.equal(await refused.ended, '');
    harness.answerAll();
    for (const connection of busy) {
      await connection.until((text) => text.endsWith('at last'));
      assert.deepEqual(statuses(connection.received()), [200]);
    }
  });

  it('replaces the longest idle connection if all addresses hold equally many', async () => {
    await using harness = await createHarness();
    const [first, second, third] = [
      await harness.connect(GREEDY),
      await harness.connect(MODEST),
      await harness.connect(THIRD),
    ];
    await ask(first);
    const fourth = await harness.connect('127.0.0.4');
    assert.equal(await second.ended, '');
    for (const kept of [first, third, fourth]) await ask(kept, statuses(kept.received()).length + 1);
  });
});

describe('a drain', () => {
  const COUNT = 20;

  it('answers requests of connections that waited to be accepted when it began', async () => {
    const server = createServer({ keepAliveTimeout: 0 });
    const { drain } = superviseConnections(server, (_, outgoing) => outgoing.end('answered'), { maxConnections: 100 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sent = new Int32Array(new SharedArrayBuffer(4));
    // Another thread, because this one accepts nothing until the drain begins.
    const clients = new Worker(
      `const { parentPort, workerData: { port, sent, count } } = require('node:worker_threads');
      for (let index = 0; index < count; index += 1) {
        let received = '';
        require('node:net').connect(port, '127.0.0.1', function () {
          this.write('GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n', () => {
            if (Atomics.add(sent, 0, 1) + 1 === count) Atomics.notify(sent, 0);
          });
        }).on('data', (text) => { received += text; }).on('error', () => {}).on('close', () => parentPort.postMessage(received));
      }`,
      { eval: true, workerData: { port, sent, count: COUNT } },
    );
    for (let seen = 0; seen < COUNT; seen = Atomics.load(sent, 0)) Atomics.wait(sent, 0, seen, 60_000);
    const drained = drain();
    const received: string[] = [];
    for await (const [text] of on(clients, 'message')) if (received.push(text) === COUNT) break;
    await drained;
    assert.deepEqual(
      received.map((text) => /^HTTP\/1\.1 200 OK[\s\S]*Connection: close[\s\S]*answered$/.test(text)),
      Array(COUNT).fill(true),
    );
    await clients.terminate();
  });

  it('waits for the first request of a new connection, and ends those that were idle', async () => {
    const server = createServer({ keepAliveTimeout: 0 });
    const { drain } = superviseConnections(server, (_, outgoing) => outgoing.end('answered'), {
      maxConnections: 100,
      firstRequestMs: 3_600_000,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using idle = await connectTo(origin);
    await ask(idle);
    const accepted = once(server, 'connection');
    await using late = await connectTo(origin);
    await accepted;
    const drained = drain();
    await idle.ended;
    late.socket.write(get('/'));
    assert.deepEqual(statuses(await late.ended), [200]);
    await drained;
  });
});

describe('the connection limit', () => {
  it('is derived from the limit of open files, and is between 16 and 4,000', () => {
    assert.deepEqual(
      [1_024, 4_096, 20_000, Number.POSITIVE_INFINITY, 64].map((files) => connectionLimit(files)),
      [298, 1_322, 4_000, 4_000, 16],
    );
  });
});
