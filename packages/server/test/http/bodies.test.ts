import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ListeningService, listen } from '../services/listening-service.ts';
import { createTestService, type TestService } from '../services/service.ts';
import { connectTo, lines, type RawConnection } from './raw-connection.ts';

const MAX_BODIES = 256;
/**
 * A body's progress is judged after each window; in one, this is enough, but not while others are refused
 * (http/bodies/request-body.ts).
 */
const WINDOW_MS = 30_000;
const SLOW_BYTES = 6_000;
/** The places of large JSON bodies, and the line before them. */
const MAX_LARGE_JSON = 68;

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Time passes when a test says so: `real-stalls.long.test.ts` waits. */
describe('slow bodies', () => {
  let service: TestService;
  let listening: ListeningService;
  let origin: string;
  before(async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    service = await createTestService();
    listening = await listen(service);
    origin = `http://${listening.address}`;
  });
  after(async () => {
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    mock.timers.reset();
  });

  const grant = async (): Promise<string> => {
    const response = await fetch(`${origin}/images/upload?user_id=ada&content_type=image/png`, {
      method: 'POST',
    });
    return ((await response.json()) as { upload_url: string }).upload_url;
  };

  /** Begins a body with Expect: 100-continue, so that it is known to be accepted. */
  async function begin(head: readonly string[], body: string): Promise<RawConnection> {
    const connection = await connectTo(origin);
    connection.socket.write(lines(...head, `Host: ${new URL(origin).host}`, 'Expect: 100-continue'));
    await connection.until((text) => text.includes('100 Continue'));
    connection.socket.write(body);
    return connection;
  }

  const beginPut = async (bytes = 1): Promise<RawConnection> => {
    const { pathname, search } = new URL(await grant());
    const head = [`PUT ${pathname}${search} HTTP/1.1`, 'Content-Type: image/png', 'Content-Length: 50000000'];
    return begin(head, 'x'.repeat(bytes));
  };

  const beginPost = (lengthBytes: number, bytes: number): Promise<RawConnection> => {
    const head = [
      'POST /images/upload?user_id=ada HTTP/1.1',
      'Content-Type: image/png',
      `Content-Length: ${lengthBytes}`,
    ];
    return begin(head, 'x'.repeat(bytes));
  };

  /** Waits until the service has written that many bytes of each of the bodies. */
  async function arrived(sizes: readonly number[]): Promise<void> {
    const folder = join(service.folder, 'objects/tmp');
    for (;;) {
      const files = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
      const found = files.map(({ size }) => size).toSorted((a, b) => a - b);
      if (found.join() === sizes.toSorted((a, b) => a - b).join()) return;
      await delay(10);
    }
  }

  const beginJson = (): Promise<RawConnection> =>
    begin(
      ['POST /images/upload HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 7000000'],
      `{"user_id":"ada","file":"${'A'.repeat(100_000)}`,
    );

  const postJson = (user: string, description: string): Promise<Response> =>
    fetch(`${origin}/images/upload`, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'X-User-Id': user },
      body: JSON.stringify({ user_id: user, content_type: 'image/png', description }) + ' '.repeat(100_000),
    });

  it('in any number don’t block large JSON bodies', async () => {
    await using slow = new AsyncDisposableStack();
    for (let count = 0; count < 2 * MAX_LARGE_JSON; count++) slow.use(await beginJson());
    assert.equal((await postJson('ada', 'not slow')).status, 200);
  });

  it('are ended after 30 s with less than 1 KB, and read to their end otherwise', async () => {
    await using silent = await beginPost(50_000, 0);
    await using trickling = await beginPost(50_000, 1_023);
    await using slow = await beginPost(2_048, 1_024);
    await arrived([0, 1_023, 1_024]);
    mock.timers.tick(WINDOW_MS - 1);
    slow.socket.write('x');
    await arrived([0, 1_023, 1_025]);
    mock.timers.tick(1);
    for (const one of [silent, trickling]) {
      const answer = await one.until((text) => text.includes('}'));
      assert.match(answer, /400[\s\S]*expected at least 1024 bytes of body each 30 s/);
    }
    slow.socket.write('x'.repeat(1_023));
    assert.match(await slow.until((text) => text.includes('}')), /400[\s\S]*unsupported-type/);
  });

  it('are accepted up to a limit; above it JSON gets 429 and an object 503 immediately, and both are accepted later', async () => {
    const url = await grant();
    await using held = new AsyncDisposableStack();
    const puts: RawConnection[] = [];
    for (let count = 0; count < MAX_BODIES; count++) puts.push(held.use(await beginPut(SLOW_BYTES)));
    await arrived(puts.map(() => SLOW_BYTES));
    mock.timers.tick(WINDOW_MS); // nobody else needs a place
    for (const { socket } of puts) socket.write('x'.repeat(SLOW_BYTES));
    await arrived(puts.map(() => 2 * SLOW_BYTES));

    const json = await postJson('ada', 'one too many');
    assert.equal(json.status, 429);
    assert.match(json.headers.get('retry-after') ?? '', /^\d+$/);
    const { code, detail } = (await json.json()) as { code: string; detail: string };
    assert.deepEqual(
      { code, detail },
      { code: 'overloaded', detail: 'expected a free place for a body; got 256 others ahead' },
    );

    const put = () => fetch(url, { method: 'PUT', headers: { 'Content-Type': 'image/png' }, body: 'no image' });
    const object = await put();
    assert.equal(object.status, 503);
    assert.match(object.headers.get('retry-after') ?? '', /^\d+$/);
    assert.match(await object.text(), /<Code>SlowDown<\/Code>/);
    assert.equal((await fetch(await grant())).status, 403, 'expected a request without a body to need no place');

    mock.timers.tick(WINDOW_MS);
    const answers = await Promise.all(puts.map((one) => one.until((text) => text.includes('</Error>'))));
    for (const answer of answers) assert.match(answer, /400 Bad Request[\s\S]*<Code>IncompleteBody/);
    assert.equal((await postJson('ada', 'in again')).status, 200);
    assert.equal((await put()).status, 400);
  });

  it('of one sender make room for those of another user or address: its newest are dropped', async () => {
    await using held = new AsyncDisposableStack();
    const puts: RawConnection[] = [];
    for (let count = 1; count <= MAX_BODIES; count++) {
      puts.push(held.use(await beginPut()));
      // The last two begin one after the other, so that the last is the newest for the service too.
      if (count >= MAX_BODIES - 1) await arrived(Array.from({ length: count }, () => 1));
    }

    assert.equal((await beginAndEnd('127.0.0.1', 'bob')).status, 200);
    assert.match((await puts.at(-1)?.until((text) => text.includes('</Error>'))) ?? '', /503 [\s\S]*<Code>SlowDown</);
    puts.push(held.use(await beginPut()));
    await arrived(Array.from({ length: MAX_BODIES }, () => 1));
    assert.equal((await beginAndEnd('127.0.0.2', 'ada')).status, 200);
    assert.match((await puts.at(-1)?.until((text) => text.includes('</Error>'))) ?? '', /503 [\s\S]*<Code>SlowDown</);
    for (const { received } of puts.slice(0, MAX_BODIES - 1)) assert.doesNotMatch(received(), /HTTP\/1.1 [2-5]/);
  });

  /** A body in two parts, so that it needs a place. */
  async function beginAndEnd(from: string, user: string): Promise<{ readonly status: number | undefined }> {
    const sent = request({
      host: '127.0.0.1',
      port: new URL(origin).port,
      localAddress: from,
      path: '/images/upload',
      method: 'POST',
      headers: { ...JSON_TYPE, 'X-User-Id': user, Expect: '100-continue' },
    });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end(JSON.stringify({ content_type: 'image/png' }));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    return { status: response.statusCode };
  }
});
