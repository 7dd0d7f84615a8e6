import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { parseAllowedNetwork } from './allowed-network.ts';
import { createDownloads, type DownloadRequest, type Downloads, MAX_REDIRECTS } from './downloads.ts';
import { flood, startPeer, trickle, whole } from './local-peer.fixture.ts';
import { createLookUp } from './look-up.ts';
import { OutboundError, type OutboundFault } from './outbound-error.ts';

const ALLOW = [parseAllowedNetwork('127.0.0.0/8') ?? assert.fail()];
/** Ends a hang. A busy machine isn't a slow peer. */
const PATIENT_MS = 120_000;
const MAX_BYTES = 1_000;

const lookUp = createLookUp({ places: 2 });

const create = (): Downloads =>
  createDownloads({ allow: ALLOW, connectMs: PATIENT_MS, lookUp: { public: lookUp, allowed: lookUp } });

/** All bytes of the body. */
async function bytesAt(downloads: Downloads, url: string, more: Partial<DownloadRequest> = {}): Promise<Buffer> {
  using download = await downloads.get(url, {
    timeoutMs: PATIENT_MS,
    maxBytes: MAX_BYTES,
    reachOf: () => 'allowed',
    ...more,
  });
  return Buffer.concat(await Array.fromAsync(download.body));
}

/** Asserts the fault of a download, and that its sentence tells neither path nor query. */
async function refused(download: Promise<unknown>, fault: OutboundFault): Promise<void> {
  const error = await download.then(
    () => assert.fail('expected a fault; got bytes'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof OutboundError, String(error));
  assert.equal(error.fault, fault, error.message);
  assert.match(error.message, /^expected .+; got .+$/s);
  assert.doesNotMatch(error.message, /secret/);
}

const redirect = (to: string, status = 302): string =>
  `HTTP/1.1 ${status} X\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`;
const pathOf = (head: string): string => head.split(' ', 2)[1] ?? '';

describe('a download', () => {
  it('has the bytes of its answer and their announced number, and names host and client', async () => {
    await using downloads = create();
    const heads: string[] = [];
    await using peer = await startPeer((socket, _request, head) => {
      heads.push(head);
      socket.write(whole('bytes'));
    });
    using download = await downloads.get(`${peer.url}a?b=c`, {
      timeoutMs: PATIENT_MS,
      maxBytes: MAX_BYTES,
      reachOf: (host) => (host === '127.0.0.1' ? 'allowed' : null),
    });
    assert.equal(download.announcedBytes, 5);
    assert.equal(Buffer.concat(await Array.fromAsync(download.body)).toString(), 'bytes');
    assert.match(heads[0] ?? '', /^GET \/a\?b=c HTTP/);
    assert.match(heads[0] ?? '', new RegExp(`^host: 127.0.0.1:${peer.port}\r$`, 'm'));
    assert.match(heads[0] ?? '', /^accept-encoding: identity\r$/m);
    assert.match(heads[0] ?? '', /^user-agent: Safelight\r$/m);
  });

  it('has a body of the limit itself, and none of a byte more, announced or not', async () => {
    await using downloads = create();
    const bodies = ['x'.repeat(MAX_BYTES), 'x'.repeat(MAX_BYTES + 1)] as const;
    await using peer = await startPeer((socket, _request, head) => {
      const body = bodies[pathOf(head).includes('more') ? 1 : 0];
      if (pathOf(head).includes('announced')) socket.write(whole(body));
      else socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`);
    });
    for (const path of ['announced', 'silent'])
      assert.equal((await bytesAt(downloads, `${peer.url}${path}`)).length, MAX_BYTES);
    for (const path of ['announced-more', 'silent-more'])
      await refused(bytesAt(downloads, `${peer.url}${path}`), 'too-large');
  });

  it('reads no byte of a body that is announced as too large', async () => {
    await using downloads = create();
    await using peer = await startPeer((socket) =>
      flood(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n', 'x'.repeat(65_536)),
    );
    await assert.rejects(
      downloads.get(peer.url, { timeoutMs: PATIENT_MS, maxBytes: MAX_BYTES, reachOf: () => 'allowed' }),
      {
        fault: 'too-large',
      },
    );
    await peer.closed();
  });

  for (const status of [301, 302, 303, 307, 308])
    it(`follows ${MAX_REDIRECTS} redirects (${status}), absolute or not, and not one more`, async () => {
      await using downloads = create();
      await using peer = await startPeer((socket, _request, head) => {
        const left = Number(pathOf(head).slice(1));
        if (left === 0) socket.write(whole('at last'));
        else
          socket.write(redirect(left % 2 === 0 ? `/${left - 1}` : `http://127.0.0.1:${peer.port}/${left - 1}`, status));
      });
      assert.equal((await bytesAt(downloads, `${peer.url}${MAX_REDIRECTS}`)).toString(), 'at last');
      await refused(bytesAt(downloads, `${peer.url}${MAX_REDIRECTS + 1}`), 'too-many-redirects');
    });

  it('ends in a circle of redirects', async () => {
    await using downloads = create();
    await using peer = await startPeer((socket) => socket.write(redirect('/secret')));
    await refused(bytesAt(downloads, `${peer.url}secret`), 'too-many-redirects');
  });

  it('judges host and URL of each redirect', async () => {
    await using downloads = create();
    const reachOf = (host: string) => (host === '127.0.0.2' ? null : 'allowed');
    await using peer = await startPeer((socket, _request, head) =>
      socket.write(redirect(decodeURIComponent(pathOf(head).slice(1)))),
    );
    const to = (target: string) => bytesAt(downloads, `${peer.url}${encodeURIComponent(target)}`, { reachOf });
    await refused(to(`http://127.0.0.2:${peer.port}/secret`), 'refused-host');
    await refused(to('http://10.0.0.1/secret'), 'refused-address');
    await refused(to('https://[::1]/secret'), 'refused-address');
    await refused(to('http://93.184.215.14/secret'), 'refused-url');
    await refused(to('https://93.184.215.14:8443/secret'), 'refused-url');
    await refused(to('ftp://127.0.0.1/secret'), 'refused-url');
    await refused(to('file:///secret'), 'refused-url');
    await refused(to(`http://secret:secret@127.0.0.1:${peer.port}/`), 'refused-url');
    await refused(to('http://[secret'), 'refused-url');
  });

  it('is of a permitted host only', async () => {
    await using downloads = create();
    await using peer = await startPeer((socket) => socket.write(whole('')));
    await refused(bytesAt(downloads, `${peer.url}secret`, { reachOf: () => null }), 'refused-host');
    assert.equal(peer.sockets.length, 0);
  });

  it('is of a host in a network of OUTBOUND_ALLOW only if that may be', async () => {
    await using downloads = create();
    await using peer = await startPeer((socket) => socket.write(whole('')));
    await refused(bytesAt(downloads, `${peer.url}secret`, { reachOf: () => 'public' }), 'refused-address');
    assert.equal(peer.sockets.length, 0);
  });

  for (const [status, fault] of [
    [204, 'bad-status'],
    [206, 'bad-status'],
    [300, 'bad-status'],
    [304, 'bad-status'],
    [401, 'bad-status'],
    [403, 'bad-status'],
    [404, 'not-found'],
    [410, 'not-found'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ] as const)
    it(`that answers ${status} is ${fault}`, async () => {
      await using downloads = create();
      await using peer = await startPeer((socket) => socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`));
      await refused(bytesAt(downloads, `${peer.url}secret`), fault);
    });

  const ANSWERS: readonly (readonly [name: string, fault: OutboundFault, answer: (socket: Socket) => void])[] = [
    ['an endless body', 'too-large', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65_536))],
    [
      'endless chunks',
      'too-large',
      (socket) => flood(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'.repeat(1_000)),
    ],
    ['endless headers', 'too-large', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n', 'a: b\r\n'.repeat(1_000))],
    [
      'endless answers before it',
      'too-large',
      (socket) => flood(socket, '', 'HTTP/1.1 103 Early Hints\r\na: b\r\n\r\n'.repeat(100)),
    ],
    [
      'an endless body of a redirect, in a circle',
      'too-many-redirects',
      (socket) => flood(socket, 'HTTP/1.1 302 X\r\nLocation: /\r\n\r\n', 'x'.repeat(65_536)),
    ],
    ['a redirect to nowhere', 'broken-answer', (socket) => socket.write('HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n')],
    [
      'a compressed body',
      'compressed',
      (socket) => {
        const bytes = gzipSync(Buffer.alloc(100));
        socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bytes.length}\r\n\r\n`);
        socket.write(bytes);
      },
    ],
    [
      'an end before its length',
      'broken-answer',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'),
    ],
    ['no HTTP', 'broken-answer', (socket) => socket.write('220 mail.example.org ESMTP\r\n')],
    ['an end without a word', 'broken-answer', (socket) => socket.end()],
  ];
  for (const [name, fault, answer] of ANSWERS)
    it(`with ${name} is ${fault}, and ends its connections`, async () => {
      await using downloads = create();
      await using peer = await startPeer(answer);
      await refused(bytesAt(downloads, `${peer.url}secret?secret`), fault);
      await downloads[Symbol.asyncDispose]();
      await peer.closed();
    });
});

describe('the time of a download', () => {
  const PEERS: readonly (readonly [name: string, answer: (socket: Socket, request: number) => void])[] = [
    ['says nothing', () => undefined],
    ['sends its headers slowly', (socket) => trickle(socket, 'HTTP/1.1 200 OK\r\nA: b')],
    ['sends its body slowly', (socket) => trickle(socket, 'HTTP/1.1 200 OK\r\n\r\nx')],
    ['sends redirects slowly', (socket) => setTimeout(() => socket.write(redirect('/')), 250)],
  ];
  for (const [name, answer] of PEERS)
    it(`is over with a peer that ${name}`, async () => {
      await using downloads = create();
      await using peer = await startPeer(answer);
      await refused(bytesAt(downloads, peer.url, { timeoutMs: 400, maxBytes: 100_000 }), 'timeout');
      await peer.closed();
    });

  it('is over for those too that wait for a connection, and leaves their places to others', async () => {
    await using downloads = create();
    await using peer = await startPeer((socket, request) => {
      if (request > 8) socket.write(whole('at last'));
    });
    const waiting = Array.from({ length: 20 }, () => bytesAt(downloads, peer.url, { timeoutMs: 400 }));
    const ended = await Promise.allSettled(waiting);
    assert.ok(ended.filter(({ status }) => status === 'rejected').length >= 8);
    assert.equal((await bytesAt(downloads, peer.url)).toString(), 'at last');
  });

  it("doesn't wait for others of its host, as long as there are as many connections as places", async () => {
    const lookUps = { public: lookUp, allowed: lookUp };
    await using downloads = createDownloads({ allow: ALLOW, lookUp: lookUps, connectionsPerOrigin: 16 });
    await using peer = await startPeer((socket, request) => {
      if (request === 16) socket.write(whole('at once'));
    });
    const all = Array.from({ length: 16 }, () => bytesAt(downloads, peer.url));
    assert.equal((await Promise.any(all)).toString(), 'at once');
    for (const one of all) one.catch(() => undefined); // the client ends
  });

  it('ends with its caller, also in the body, which then has the reason of the caller', async () => {
    await using downloads = create();
    const sent = Promise.withResolvers<void>();
    await using peer = await startPeer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nx', () => sent.resolve());
    });
    const leaving = new AbortController();
    const reason = new Error('the caller has gone');
    const reading = bytesAt(downloads, peer.url, { signal: leaving.signal });
    await sent.promise;
    leaving.abort(reason);
    await assert.rejects(reading, reason);
    await peer.closed();
    await assert.rejects(bytesAt(downloads, peer.url, { signal: AbortSignal.abort(reason) }), reason);
  });

  it('ends with its client', async () => {
    const downloads = create();
    await using peer = await startPeer((socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\nx'));
    const reading = refused(bytesAt(downloads, peer.url), 'closed');
    while (peer.sockets.length === 0) await new Promise((wait) => setTimeout(wait, 5));
    await downloads[Symbol.asyncDispose]();
    await reading;
  });
});

it('a host that closes the connection behind its answer is read slowly, and ends neither the process nor the body', async () => {
  const size = 65_536; // at which undici's parser would pause
  await using peer = await startPeer((socket) => {
    socket.write(`HTTP/1.0 200 OK\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`);
    socket.end(Buffer.alloc(size, 7));
  });
  await using downloads = create();
  using download = await downloads.get(`${peer.url}a.jpg`, {
    ...{ timeoutMs: PATIENT_MS, maxBytes: size, reachOf: () => 'allowed' as const },
  });
  await delay(200); // a slow disk
  assert.equal(Buffer.concat(await Array.fromAsync(download.body)).length, size);
});
