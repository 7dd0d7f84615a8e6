import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type RunningService, startService } from '../services/running-service.ts';
import { connectTo, lines, type RawConnection } from './raw-connection.ts';

const MAX_BODIES = 256;
/** In 5 s of each body: enough for a sender that is slow, and for one while others are refused (http/bodies/request-body.ts). */
const [SLOW_BYTES, CROWDED_BYTES] = [1_000, 60_000];
/** The places of large JSON bodies, and the line before them. */
const MAX_LARGE_JSON = 68;

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('slow bodies', () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent' });
  });
  after(() => service[Symbol.asyncDispose]());

  const grant = async (): Promise<string> => {
    const response = await fetch(`${service.origin}/images/upload?user_id=ada&content_type=image/png`, {
      method: 'POST',
    });
    return ((await response.json()) as { upload_url: string }).upload_url;
  };

  /** Begins a body with Expect: 100-continue, so that it is known to be accepted. */
  async function begin(head: readonly string[], body: string): Promise<RawConnection> {
    const connection = await connectTo(service.origin);
    connection.socket.write(lines(...head, `Host: ${new URL(service.origin).host}`, 'Expect: 100-continue'));
    await connection.until((text) => text.includes('100 Continue'));
    connection.socket.write(body);
    return connection;
  }

  const beginPut = async (): Promise<RawConnection> => {
    const { pathname, search } = new URL(await grant());
    return begin([`PUT ${pathname}${search} HTTP/1.1`, 'Content-Type: image/png', 'Content-Length: 50000000'], 'x');
  };
  /** However long it takes to begin all bodies, none of them stalls. */
  function keepSending(connections: readonly RawConnection[], bytes: number): Disposable {
    const timer = setInterval(() => {
      for (const { socket } of connections) socket.write('x'.repeat(bytes));
    }, 5_000);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  const beginJson = (): Promise<RawConnection> =>
    begin(
      ['POST /images/upload HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 7000000'],
      `{"user_id":"ada","file":"${'A'.repeat(100_000)}`,
    );

  const postJson = (user: string, description: string): Promise<Response> =>
    fetch(`${service.origin}/images/upload`, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'X-User-Id': user },
      body: JSON.stringify({ user_id: user, content_type: 'image/png', description }) + ' '.repeat(100_000),
    });

  it('in any number don’t block large JSON bodies', async () => {
    await using slow = new AsyncDisposableStack();
    for (let count = 0; count < 2 * MAX_LARGE_JSON; count++) slow.use(await beginJson());
    assert.equal((await postJson('ada', 'not slow')).status, 200);
  });

  it('are accepted up to a limit; above it JSON gets 429 and an object 503 immediately, and both are accepted later', async () => {
    const url = await grant();
    await using held = new AsyncDisposableStack();
    const puts: RawConnection[] = [];
    using _sending = keepSending(puts, SLOW_BYTES); // until another body needs the place
    for (let count = 0; count < MAX_BODIES; count++) puts.push(held.use(await beginPut()));

    const temporary = join(service.folder, 'data/objects/tmp');
    while ((await readdir(temporary)).length < MAX_BODIES) await delay(10);

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

    const answers = await Promise.all(puts.map((one) => one.until((text) => text.includes('</Error>'))));
    for (const answer of answers) assert.match(answer, /400 Bad Request[\s\S]*<Code>IncompleteBody/);
    assert.equal((await postJson('ada', 'in again')).status, 200);
    assert.equal((await put()).status, 400);
  });

  it('of one sender make room for those of another user or address: its newest are dropped', async () => {
    await using held = new AsyncDisposableStack();
    const puts: RawConnection[] = [];
    using _sending = keepSending(puts, CROWDED_BYTES);
    const temporary = join(service.folder, 'data/objects/tmp');
    for (let count = 1; count <= MAX_BODIES; count++) {
      puts.push(held.use(await beginPut()));
      // The last two begin one after the other, so that the last is the newest for the service too.
      if (count >= MAX_BODIES - 1) while ((await readdir(temporary)).length < count) await delay(10);
    }

    assert.equal((await beginAndEnd('127.0.0.1', 'bob')).status, 200);
    assert.match((await puts.at(-1)?.until((text) => text.includes('</Error>'))) ?? '', /503 [\s\S]*<Code>SlowDown</);
    puts.push(held.use(await beginPut()));
    while ((await readdir(temporary)).length < MAX_BODIES) await delay(10);
    assert.equal((await beginAndEnd('127.0.0.2', 'ada')).status, 200);
    assert.match((await puts.at(-1)?.until((text) => text.includes('</Error>'))) ?? '', /503 [\s\S]*<Code>SlowDown</);
    for (const { received } of puts.slice(0, MAX_BODIES - 1)) assert.doesNotMatch(received(), /HTTP\/1.1 [2-5]/);
  });

  /** A body in two parts, so that it needs a place. */
  async function beginAndEnd(from: string, user: string): Promise<{ readonly status: number | undefined }> {
    const sent = request({
      host: '127.0.0.1',
      port: new URL(service.origin).port,
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
