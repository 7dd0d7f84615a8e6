import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { type RunningService, startService } from '../services/running-service.ts';

/** Requests that no client library would send. */
describe('a raw request', () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ LOG_FORMAT: 'pretty' });
  });
  after(() => service[Symbol.asyncDispose]());

  /** Sends the text and then the rest, until the other side ends; returns everything received. */
  async function send(
    head: string,
    rest: (() => string) | undefined = undefined,
  ): Promise<{ answer: string; sentBytes: number }> {
    const { hostname, port } = new URL(service.origin);
    const socket = connect(Number(port), hostname);
    let answer = '';
    let sentBytes = 0;
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text;
      if (!rest && answer.includes('\r\n\r\n')) socket.end();
    });
    socket.on('error', () => {}); // a reset is one way to end
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(head);
    while (rest && !socket.destroyed && socket.writable && !answer.includes('HTTP/1.1 ')) {
      const text = rest();
      sentBytes += text.length;
      if (!socket.write(text)) await Promise.race([once(socket, 'drain'), closed]);
    }
    if (rest) socket.end();
    await closed;
    return { answer, sentBytes };
  }

  const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n\r\n`;
  const status = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

  for (const [what, head] of Object.entries({
    'a Host with a space': lines('GET /health HTTP/1.1', 'Host: a b'),
    'a target that is not a path': lines('OPTIONS * HTTP/1.1', 'Host: localhost'),
  })) {
    it(`gets a problem, and is logged: ${what}`, async () => {
      const { answer } = await send(head);
      assert.equal(status(answer), 400);
      assert.match(answer, /content-type: application\/problem\+json/i);
      const problem = JSON.parse(/\{.*\}/s.exec(answer)?.[0] ?? '') as { code: string; detail: string };
      assert.equal(problem.code, 'invalid-request');
      assert.match(problem.detail, /^expected a path and a Host that form a URL; got others: Invalid/);
      await until(async () => /400 .* invalid-request: expected a path and a Host/.test(service.output()));
    });
  }

  for (const [name, request, expected] of [
    ['a malformed Host', lines('GET /health HTTP/1.1', 'Host: ]bad['), [400, 421]],
    ['a Host with a space', lines('GET /health HTTP/1.1', 'Host: a b'), [400, 421]],
    ['a Host with an impossible port', lines('GET /health HTTP/1.1', 'Host: localhost:99999'), [400, 421]],
    [
      'an absolute target and a broken Host, to the objects',
      lines('GET http://localhost/objects/x HTTP/1.1', 'Host: ]bad['),
      [400, 421],
    ],
    [
      'an absolute target and an impossible port',
      lines('POST http://localhost/images/upload?user_id=a HTTP/1.1', 'Host: localhost:99999', 'Content-Length: 0'),
      [400, 421],
    ],
    ['an absolute target', lines('GET http://localhost/health HTTP/1.1', 'Host: localhost'), [200]],
    [
      'two users in one header',
      lines(
        'POST /images/upload?content_type=image/png HTTP/1.1',
        'Host: localhost',
        'X-User-Id: a',
        'X-User-Id: b',
        'Content-Length: 0',
      ),
      [400],
    ],
    [
      'one user twice',
      lines(
        'POST /images/upload?content_type=image/png HTTP/1.1',
        'Host: localhost',
        'X-User-Id: a',
        'X-User-Id: a',
        'Content-Length: 0',
      ),
      [200],
    ],
    [
      'both a length and chunks',
      lines('POST /images/upload HTTP/1.1', 'Host: localhost', 'Content-Length: 3', 'Transfer-Encoding: chunked'),
      [400],
    ],
    ['a header named __proto__', lines('GET /health HTTP/1.1', 'Host: localhost', '__proto__: x'), [200]],
    ['two headers named __proto__', lines('GET / HTTP/1.1', 'Host: localhost', '__proto__: x', '__proto__: y'), [200]],
    ['a header named constructor', lines('GET / HTTP/1.1', 'Host: localhost', 'constructor: x'), [200]],
    [
      'headers with __proto__ in their names, to the objects',
      lines('GET /objects/safelight/x HTTP/1.1', 'Host: localhost', '__proto__: x', 'x-amz-__proto__: y'),
      [403],
    ],
    ['a fragment', lines('GET /images/x#/render HTTP/1.1', 'Host: localhost'), [400]],
    ['a fragment after the query', lines('GET /health?a#b HTTP/1.1', 'Host: localhost'), [400]],
    ...[
      '/images/../health',
      '/./health',
      '/images/%2e%2E/health',
      '/images/.%2e/health',
      '/%2E/health',
      '/health/..',
      '/health/%2e',
      '/images/..\\health',
      '/objects/../health',
      '/images/.\t./health',
    ].map(
      (target) =>
        [
          `a target that becomes another: ${JSON.stringify(target)}`,
          lines(`GET ${target} HTTP/1.1`, 'Host: localhost'),
          [400],
        ] as const,
    ),
    ['dots outside of the path', lines('GET /health?a=/../b HTTP/1.1', 'Host: localhost'), [200]],
    ['dots within a segment', lines('GET /images/..a HTTP/1.1', 'Host: localhost'), [404]],
    ['an absolute target of another host', lines('GET http://evil.example/images HTTP/1.1', 'Host: localhost'), [400]],
    [
      'an absolute target of this host and another Host',
      lines('GET http://localhost/images HTTP/1.1', 'Host: evil.example'),
      [400, 421],
    ],
    ['an absolute target with a user', lines('GET http://a@localhost/images HTTP/1.1', 'Host: localhost'), [400]],
    ['an absolute target with dots', lines('GET http://localhost/a/../health HTTP/1.1', 'Host: localhost'), [400]],
    ['no Host', lines('GET /images HTTP/1.1'), [400]],
    ['an empty Host', lines('GET /images HTTP/1.1', 'Host:'), [421]],
    ['two Hosts', lines('GET /images HTTP/1.1', 'Host: localhost', 'Host: evil.example'), [400, 421]],
    ['health with an empty Host', lines('GET /health HTTP/1.1', 'Host:'), [200]],
    ['HTTP/1.0, as nginx proxies', lines('GET /images HTTP/1.0', 'Host: localhost', 'Connection: close'), [403]],
    ['HTTP/1.0 without a Host', lines('GET /images HTTP/1.0'), [421]],
    ['HTTP/0.9', lines('GET /images HTTP/0.9', 'Host: localhost'), [400, 403]],
    ['HTTP/2.0 in the syntax of HTTP/1', lines('GET /images HTTP/2.0', 'Host: localhost'), [400, 403]],
    ['health by HTTP/1.0', lines('GET /health HTTP/1.0', 'Host: 10.0.0.1'), [200]],
    ['health by HTTP/1.0 without a Host', lines('GET /livez HTTP/1.0'), [200]],
    [
      'a forwarding header behind two thousand others',
      lines(
        'GET /images HTTP/1.1',
        'Host: localhost',
        ...Array.from({ length: 2_100 }, (_, index) => `X-${index}: a`),
        'Via: 1.1 proxy',
      ),
      [403, 431],
    ],
    ['a header of 9 KB', lines('GET /images HTTP/1.1', 'Host: localhost', `Accept: ${'a'.repeat(9_000)}`), [400]],
    ['an unknown method', lines('PROPFIND /images HTTP/1.1', 'Host: localhost'), [405]],
  ] as const) {
    it(`gets ${expected.join(' or ')}: ${name}`, async () => {
      const { answer } = await send(request);
      assert.ok((expected as readonly number[]).includes(status(answer)), answer);
    });
  }

  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const filler = chunk('x'.repeat(65_536));
  const chunked = (type: string) =>
    lines(
      'POST /images/upload HTTP/1.1',
      'Host: localhost',
      'X-User-Id: a',
      `Content-Type: ${type}`,
      'Transfer-Encoding: chunked',
    );
  for (const [name, head] of [
    ['raw', chunked('image/png')],
    ['JSON', chunked('application/json')],
    ["a form's preamble", chunked('multipart/form-data; boundary=b')],
    ["a form's end", chunked('multipart/form-data; boundary=b') + chunk('--b--\r\n')],
    ["a form's nameless part", chunked('multipart/form-data; boundary=b') + chunk('--b\r\nX: y\r\n\r\n')],
    [
      "a form's file",
      chunked('multipart/form-data; boundary=b') +
        chunk('--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'),
    ],
  ] as const) {
    it(`with an endless body gets an answer: ${name}`, async () => {
      const { answer, sentBytes } = await send(head, () => filler);
      assert.equal(status(answer), 400, answer);
      assert.match(answer, /upload-too-large|invalid-request/);
      assert.ok(sentBytes < 64 * 1_048_576, `${sentBytes} bytes taken`);
      assert.deepEqual(await readdir(join(service.folder, 'data/objects/tmp')), []);
    });
  }

  it('by a user named .. is served like any other', async () => {
    for (const user of ['..', '.']) {
      const grant = await fetch(`${service.origin}/images/upload?user_id=${user}`, { method: 'POST' });
      const { upload_url } = (await grant.json()) as { upload_url: string };
      const body = new Uint8Array(await testImage({ type: 'image/jpeg', width: 16, height: 16 }));
      const put = await fetch(upload_url, { method: 'PUT', headers: { 'Content-Type': 'image/jpeg' }, body });
      assert.equal(put.status, 200, await put.text());
      const list = await fetch(`${service.origin}/images?user_id=${user}`);
      const { images } = (await list.json()) as { images: { image_id: string; user_id: string }[] };
      assert.deepEqual(
        images.map(({ user_id }) => user_id),
        [user],
      );
      const download = await fetch(`${service.origin}/images/${images[0]?.image_id}/download`);
      const { download_url } = (await download.json()) as { download_url: string };
      assert.equal((await fetch(download_url)).status, 200);
    }
  });

  it('with a refused form gets an answer, although its client sends no more', async () => {
    const part = '--b\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\nabc';
    const { answer } = await send(chunked('multipart/form-data; boundary=b') + chunk(part));
    assert.equal(status(answer), 400);
    assert.match(answer, /got one in picture/);
  });

  it('with ten thousand headers is refused, and the service survives', async () => {
    const headers = Array.from({ length: 10_000 }, (_, index) => `X-${index}: ${index}`);
    const { answer } = await send(lines('GET /health HTTP/1.1', 'Host: localhost', ...headers));
    assert.match(answer, /^(HTTP\/1\.1 431|$)/, 'expected a refusal, or a closed connection');
    assert.equal((await fetch(`${service.origin}/health`)).status, 200);
  });

  it('is answered despite two hundred idle connections and as many partial requests', async () => {
    const { hostname, port } = new URL(service.origin);
    const sockets = Array.from({ length: 400 }, () => connect(Number(port), hostname).on('error', () => {}));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (const socket of sockets.slice(200)) socket.write('GET /health HTTP/1.1\r\nHost: loc');
    assert.equal((await fetch(`${service.origin}/health`)).status, 200);
    for (const socket of sockets) socket.destroy();
  });

  it('writes one line into the log, even with encoded line breaks in its path', async () => {
    const before = service.output().length;
    await send(lines('GET /x%0a[12:00:00.000]%20INFO:%20forged%1b[2J HTTP/1.1', 'Host: localhost'));
    while (!service.output().slice(before).includes('forged'))
      await once(service.process.stdout ?? service.process, 'data');
    const all = service.output().slice(before).trimEnd().split('\n');
    const isOfBefore = (line: string): boolean => /\/health|INFO: 400 - - |HPE_INVALID_EOF_STATE/.test(line);
    const logged = all.filter((line) => !isOfBefore(line)).join('\n');
    assert.equal(logged.split('\n').length, 1, logged);
    assert.match(logged, /404 GET \/x%0a\[12:00:00\.000\]%20INFO:%20forged%1b/);
  });
});
