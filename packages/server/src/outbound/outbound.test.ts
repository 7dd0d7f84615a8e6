import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { parseAllowedNetwork } from './allowed-network.ts';
import { BODY, flood, startPeer, trickle, whole } from './local-peer.fixture.ts';
import { createLookUp } from './look-up.ts';
import { createOriginLines } from './origin-lines.ts';
import { createOutbound, type Outbound, type OutboundRequest } from './outbound.ts';
import { OutboundError, type OutboundFault } from './outbound-error.ts';

const ALLOW = [parseAllowedNetwork('127.0.0.0/8') ?? assert.fail()];
/** Ends a hang. A busy machine isn't a slow peer. */
const PATIENT_MS = 120_000;
const MAX_ANSWER_BYTES = 1_000;

const create = (connectMs = PATIENT_MS): Outbound =>
  createOutbound({ allow: ALLOW, connectMs, lookUp: createLookUp({ places: 2 }) });

const post = (outbound: Outbound, url: string, more: Partial<OutboundRequest> = {}) =>
  outbound.post(url, {
    headers: { 'content-type': 'application/json' },
    body: BODY,
    timeoutMs: PATIENT_MS,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    ...more,
  });

/** Asserts the fault of a request, and that its sentence tells neither path nor query. */
async function refused(request: Promise<unknown>, fault: OutboundFault): Promise<string> {
  const error = await request.then(
    () => assert.fail('expected a fault; got an answer'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof OutboundError, String(error));
  assert.equal(error.fault, fault, error.message);
  assert.match(error.message, /^expected .+; got .+$/s);
  assert.doesNotMatch(error.message, /secret/);
  return error.message;
}

describe('an outbound request', () => {
  it('has the status, headers and bytes of its answer, whatever the status', async () => {
    for (const status of [200, 204, 400, 404, 500, 503]) {
      await using outbound = create();
      const body = status === 204 ? '' : 'a body';
      await using peer = await startPeer((socket) =>
        socket.write(`HTTP/1.1 ${status} X\r\nX-One: a\r\nx-one: b\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      );
      const answer = await post(outbound, peer.url);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('x-one'), 'a, b');
      assert.equal(answer.headers.get('constructor'), undefined);
      assert.equal(answer.body.toString(), body);
    }
  });

  it('goes over one connection after the other request, and over at most eight at once', async () => {
    await using outbound = create();
    await using peer = await startPeer((socket, request) => socket.write(whole(`${request}`)));
    for (const request of ['1', '2', '3']) {
      assert.equal((await post(outbound, peer.url)).body.toString(), request);
      await setImmediate(); // undici waits for an early end of the connection
    }
    assert.equal(peer.sockets.length, 1);
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(outbound, peer.url)));
    assert.equal(new Set(answers.map(({ body }) => body.toString())).size, 40);
    assert.ok(peer.sockets.length <= 8, `${peer.sockets.length} connections`);
  });

  it('goes over no connection that has carried a hundred others, so that its host is looked up anew', async () => {
    await using outbound = create();
    const carried = new Map<Socket, number>();
    await using peer = await startPeer((socket, request) => {
      carried.set(socket, (carried.get(socket) ?? 0) + 1);
      socket.write(whole(`${request}`));
    });
    for (let request = 1; request <= 450; request += 1) await post(outbound, peer.url);
    assert.ok(Math.max(...carried.values()) <= 101, [...carried.values()].join());
    assert.ok(carried.size <= 6, `expected at most 6 connections; got ${carried.size}`);
  });

  it('leaves its place to the next one if it ends while it gets the place', async () => {
    const lines = createOriginLines(1);
    const open = new AbortController().signal;
    const first = await lines.enter('https://a.test', open);
    const leaving = new AbortController();
    const second = lines.enter('https://a.test', leaving.signal);
    leaving.abort(new Error('it left'));
    first[Symbol.dispose]();
    await assert.rejects(second, /it left/);
    const third = await Promise.race([lines.enter('https://a.test', open), setImmediate('none')]);
    assert.notEqual(third, 'none');
  });

  it('takes an answer with 100 headers, and one that says in capitals that it is not compressed', async () => {
    await using outbound = create();
    for (const headers of ['a: b\r\n'.repeat(99), 'Content-Encoding: IDENTITY\r\n']) {
      await using peer = await startPeer((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\n${headers}Content-Length: 2\r\n\r\nok`),
      );
      assert.equal((await post(outbound, peer.url)).body.toString(), 'ok');
    }
  });

  it("doesn't take for its answer what came before it was sent", async () => {
    await using outbound = create();
    await using peer = await startPeer((socket, request) =>
      socket.write(request === 1 ? whole('first') + whole('planted') : whole('second')),
    );
    assert.equal((await post(outbound, peer.url)).body.toString(), 'first');
    const next = await post(outbound, peer.url).catch((error: unknown) => error);
    if (next instanceof Error) assert.ok(next instanceof OutboundError && next.fault === 'broken-answer', String(next));
    assert.equal((await post(outbound, peer.url)).body.toString(), 'second');
  });

  it('is for the host of its URL, and asks for no compression, whatever its headers say', async () => {
    await using outbound = create();
    const heads: string[] = [];
    await using peer = await startPeer((socket, _request, head) => {
      heads.push(head);
      socket.write(whole(''));
    });
    await post(outbound, peer.url, { headers: { Host: 'other.test', 'Accept-Encoding': 'gzip', 'X-One': 'a' } });
    const [head = ''] = heads;
    assert.deepEqual(head.match(/^(?:host|accept-encoding|x-one): .*$/gim)?.toSorted(), [
      'accept-encoding: identity',
      `host: 127.0.0.1:${peer.port}`,
      'x-one: a',
    ]);
  });

  it("isn't sent with a header that would be two", async () => {
    await using outbound = create();
    await using peer = await startPeer((socket) => socket.write(whole('')));
    await assert.rejects(post(outbound, peer.url, { headers: { 'x-one': 'a\r\nx-two: b' } }), /invalid x-one header/);
    assert.equal(peer.sockets.length, 0);
  });
});

describe('an answer beyond the limits', () => {
  const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  type Case = readonly [name: string, fault: OutboundFault, answer: (socket: Socket) => void];
  const ENDLESS: readonly Case[] = [
    ['with a body', 'too-large', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65_536))],
    ['with chunks', 'too-large', (socket) => flood(socket, CHUNKED, '1\r\nx\r\n'.repeat(1_000))],
    [
      'with chunks of one byte and long extensions',
      'too-large',
      (socket) => flood(socket, CHUNKED, `1;${'x'.repeat(1_000)}\r\nx\r\n`),
    ],
    ['with headers', 'too-large', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n', 'a: b\r\n'.repeat(1_000))],
    ['with a header', 'too-large', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\na: ', 'b'.repeat(65_536))],
    ['with trailers', 'too-large', (socket) => flood(socket, `${CHUNKED}0\r\n`, 'a: b\r\n'.repeat(1_000))],
    [
      'after others',
      'too-large',
      (socket) => flood(socket, '', 'HTTP/1.1 103 Early Hints\r\na: b\r\n\r\n'.repeat(100)),
    ],
    [
      'that is gzipped',
      'compressed',
      (socket) => flood(socket, 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n', 'x'.repeat(65_536)),
    ],
    [
      'that is a redirect',
      'redirect',
      (socket) => flood(socket, 'HTTP/1.1 302 X\r\nLocation: /\r\n\r\n', 'x'.repeat(65_536)),
    ],
  ];
  const ANSWERS: readonly Case[] = [
    [
      'with a length above the limit',
      'too-large',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${MAX_ANSWER_BYTES + 1}\r\n\r\n`),
    ],
    ['with 101 headers', 'too-large', (socket) => socket.end(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(101)}\r\n`)],
    ['that is gzipped', 'compressed', (socket) => sendCompressed(socket, 'gzip')],
    ['that is gzipped, by its other name', 'compressed', (socket) => sendCompressed(socket, 'X-GZIP')],
    ['that is compressed twice', 'compressed', (socket) => sendCompressed(socket, 'identity, br')],
    ...[300, 301, 302, 303, 304, 307, 308].map(
      (status) =>
        [
          `that is a redirect (${status})`,
          'redirect',
          (socket: Socket) => socket.write(`HTTP/1.1 ${status} X\r\nLocation: /stolen\r\nContent-Length: 0\r\n\r\n`),
        ] as const,
    ),
    ['that is none', 'broken-answer', (socket) => socket.write('220 mail.example.org ESMTP\r\n')],
    [
      'that changes the protocol',
      'broken-answer',
      (socket) => socket.write('HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    ],
    ['that asks to continue', 'broken-answer', (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n')],
    [
      'that has two lengths',
      'broken-answer',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'),
    ],
    [
      'that has a length and chunks',
      'broken-answer',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    ],
    [
      'that ends before its length',
      'broken-answer',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'),
    ],
    ['that ends before its last chunk', 'broken-answer', (socket) => socket.end(`${CHUNKED}1\r\nx\r\n`)],
    ['that never comes because the connection ends', 'broken-answer', (socket) => socket.end()],
  ];

  /** A kilobyte that is a megabyte. */
  const sendCompressed = (socket: Socket, encoding: string): void => {
    const bomb = gzipSync(Buffer.alloc(1_048_576));
    assert.ok(bomb.length < 2_000);
    socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${bomb.length}\r\n\r\n`);
    socket.write(bomb);
  };

  for (const [name, fault, answer] of ENDLESS)
    it(`${name}, without an end, is ${fault}, and ends its connection`, async () => {
      await using outbound = create();
      await using peer = await startPeer(answer);
      await refused(post(outbound, `${peer.url}secret?secret`), fault);
      await peer.closed();
      assert.ok((peer.sockets[0]?.bytesWritten ?? 0) < 50_000_000);
    });

  for (const [name, fault, answer] of ANSWERS)
    it(`${name} is ${fault}`, async () => {
      await using outbound = create();
      await using peer = await startPeer(answer);
      await refused(post(outbound, `${peer.url}secret?secret`), fault);
    });

  it('is cut if the caller takes a part, and received no further', async () => {
    await using outbound = create();
    await using peer = await startPeer((socket) => flood(socket, 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65_536)));
    const { body } = await post(outbound, peer.url, { largerAnswer: 'cut', timeoutMs: 5_000 });
    assert.equal(body.length, MAX_ANSWER_BYTES);
    await peer.closed();
  });

  it('is one with a byte more, not one of the limit itself', async () => {
    await using outbound = create();
    await using peer = await startPeer((socket, request) =>
      request === 1
        ? socket.write(whole('x'.repeat(MAX_ANSWER_BYTES)))
        : socket.end(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(MAX_ANSWER_BYTES + 1)}`),
    );
    assert.equal((await post(outbound, peer.url)).body.length, MAX_ANSWER_BYTES);
    await refused(post(outbound, peer.url), 'too-large');
  });

  it('never has the bytes of a compression that only its transfer has', async () => {
    await using outbound = create();
    const bomb = gzipSync(Buffer.alloc(100_000));
    await using peer = await startPeer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n');
      socket.write(Buffer.concat([Buffer.from(`${bomb.length.toString(16)}\r\n`), bomb, Buffer.from('\r\n0\r\n\r\n')]));
    });
    assert.deepEqual((await post(outbound, peer.url)).body, bomb);
  });
});

describe('the time of an outbound request', () => {
  const PEERS: readonly (readonly [name: string, answer: (socket: Socket) => void])[] = [
    ['says nothing', () => undefined],
    ['sends its headers slowly', (socket) => trickle(socket, 'HTTP/1.1 200 OK\r\nA: b')],
    ['sends its body slowly', (socket) => trickle(socket, 'HTTP/1.1 200 OK\r\n\r\nx')],
    ['sends other answers before', (socket) => trickle(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n')],
  ];
  for (const [name, answer] of PEERS)
    it(`is over with a peer that ${name}`, async () => {
      await using outbound = create();
      await using peer = await startPeer(answer);
      const message = await refused(post(outbound, peer.url, { timeoutMs: 400, maxAnswerBytes: 100_000 }), 'timeout');
      assert.match(message, /within 400 ms/);
      await peer.closed();
    });

  it('is over for those too that wait for a connection', async () => {
    await using outbound = create();
    await using peer = await startPeer(() => undefined);
    const requests = Array.from({ length: 20 }, () => post(outbound, peer.url, { timeoutMs: 400 }));
    await Promise.all(requests.map((request) => refused(request, 'timeout')));
    await peer.closed();
  });

  it('is over while TLS is under way', async () => {
    await using outbound = create();
    await using peer = await startPeer(() => undefined);
    await refused(post(outbound, `https://127.0.0.1:${peer.port}/`, { timeoutMs: 300 }), 'timeout');
  });

  it('has a limit of its own for the connection', async () => {
    await using outbound = create(300);
    await using peer = await startPeer(() => undefined);
    assert.match(await refused(post(outbound, `https://127.0.0.1:${peer.port}/`), 'timeout'), /within 300 ms/);
    await peer.closed();
  });
});

describe('an outbound request that nobody waits for', () => {
  it('rejects with the reason of its signal, before, while connecting, and in the body', async () => {
    await using outbound = create();
    const bodies = Promise.withResolvers<void>();
    await using peer = await startPeer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nx', () => bodies.resolve());
    });
    const reason = new Error('the caller has gone');
    await assert.rejects(post(outbound, peer.url, { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(peer.sockets.length, 0);

    const connecting = new AbortController();
    const silent = post(outbound, `https://127.0.0.1:${peer.port}/`, { signal: connecting.signal });
    connecting.abort(reason);
    await assert.rejects(silent, reason);

    const reading = new AbortController();
    const answer = post(outbound, peer.url, { signal: reading.signal });
    await bodies.promise;
    reading.abort(reason);
    await assert.rejects(answer, reason);
  });

  it('ends with its client, which takes no more', async () => {
    await using peer = await startPeer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nx');
      void outbound[Symbol.asyncDispose]();
    });
    const outbound = create();
    const connecting = post(outbound, `https://127.0.0.1:${peer.port}/`);
    await Promise.all([refused(connecting, 'closed'), refused(post(outbound, peer.url), 'closed')]);
    await refused(post(outbound, peer.url), 'closed');
    await peer.closed();
    await outbound[Symbol.asyncDispose]();
  });
});

describe('a URL', () => {
  for (const url of [
    '',
    'gate.example.org',
    '//gate.example.org/',
    '/path',
    'https://',
    'https://256.1.1.1/secret',
    'https://1.1.1.09/secret',
    'https://[fe80::1%25eth0]/secret',
    'https://[::1/secret',
    'https://exa mple.org/secret',
    'https://example.org:65536/secret',
    'ftp://example.org/secret',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/secret',
    'data:text/plain,secret',
    'blob:https://example.org/secret',
    'ws://127.0.0.1/',
    'unix:/run/secret.sock',
    'https://user@127.0.0.1/',
    'https://user:secret@127.0.0.1/',
    'https://:secret@127.0.0.1/',
    'https://example.org@127.0.0.1/',
  ])
    it(`is refused: ${JSON.stringify(url)}`, async () => {
      await using outbound = create();
      await refused(post(outbound, url), 'refused-url');
    });

  it('of a host on which nothing listens fails for each of many requests', async () => {
    await using outbound = create();
    const { port } = await startPeer(() => undefined).then(async (peer) => {
      await peer[Symbol.asyncDispose]();
      return peer;
    });
    const requests = Array.from({ length: 30 }, () => post(outbound, `http://127.0.0.1:${port}/secret`));
    await Promise.all(requests.map((request) => refused(request, 'refused-connection')));
  });
});
