import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { paddedPng, testImage } from '../../../../test/pictures/test-images.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { followEvents } from '../events/event-stream-client.ts';
import { connectTo, lines, type RawConnection, statuses } from '../http/raw-connection.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { scrape, sumOf } from '../telemetry/prometheus-text.ts';

const MEGABYTE = 1_048_576;

const get = (path: string): string => lines(`GET ${path} HTTP/1.1`, 'Host: localhost');

const post = (path: string, type: string, length: number): string =>
  lines(
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    `Content-Type: ${type}`,
    `Content-Length: ${length}`,
    'Expect: 100-continue',
  );

/** Sends it SIGTERM, and resolves when it has begun to stop. */
async function stop(service: RunningService, signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<void> {
  service.process.kill(signal);
  while (!service.output().includes(`${signal}: finishing`))
    await once(service.process.stdout ?? service.process, 'data');
}

const ended = async (service: RunningService): Promise<number | null> => {
  const { exitCode, signalCode } = service.process;
  if (exitCode !== null || signalCode !== null) return exitCode;
  const [code] = await once(service.process, 'exit');
  return code;
};

/** Sends a slow request behind a fast one, whose answer shows that both have arrived. */
async function beginWaiting(service: RunningService, path: string): Promise<RawConnection> {
  const connection = await connectTo(service.origin);
  connection.socket.write(get('/health') + path);
  await connection.until((text) => text.endsWith('{"status":"ok"}'));
  return connection;
}

const image = async (bytes: number) => paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), bytes);

async function upload(service: RunningService, body: Buffer): Promise<string> {
  const response = await fetch(`${service.origin}/images/upload?user_id=ada`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/png' },
    body: new Uint8Array(body),
  });
  return ((await response.json()) as { image_id: string }).image_id;
}

async function grant(service: RunningService): Promise<string> {
  const response = await fetch(`${service.origin}/images/upload?user_id=ada`, { method: 'POST' });
  return ((await response.json()) as { image_id: string }).image_id;
}

describe('a service that gets SIGTERM', () => {
  it('ends immediately with 0 if no connection waits for an answer: silent, idle, half a request', async () => {
    await using service = await startService();
    await using silent = await connectTo(service.origin);
    await using half = await connectTo(service.origin);
    half.socket.write('GET /health HTTP/1.1\r\nHost: loc');
    await using idle = await connectTo(service.origin);
    idle.socket.write(get('/health'));
    await idle.until((text) => statuses(text).length > 0);
    await stop(service);
    assert.equal(await silent.ended, '');
    assert.equal(await half.ended, '');
    assert.deepEqual(statuses(await idle.ended), [200]);
    assert.equal(await ended(service), 0);
  });

  it('ends streams of events, and waits for one, immediately', async () => {
    await using service = await startService({ EVENTS: 'on' });
    const address = new URL(service.origin).host;
    using stream = await followEvents({ address });
    await using waiting = await beginWaiting(service, get('/events?from=now&wait=25'));
    await stop(service);
    await stream.ended;
    assert.deepEqual(statuses(await waiting.ended), [200, 200]);
    assert.equal(await ended(service), 0);
  });

  it('completes the answer of every running request, then ends with 0', async () => {
    await using service = await startService();
    const large = await image(5 * MEGABYTE);
    const [id, pending] = [await upload(service, large), await grant(service)];

    await using download = await connectTo(service.origin);
    download.socket.write(get(`/images/${id}`));
    await download.until((text) => text.includes('200 OK'));
    download.socket.pause();

    await using waiting = await beginWaiting(service, get(`/images/${pending}/metadata?wait=3`));
    await using uploads = await connectTo(service.origin);
    uploads.socket.write(post('/images/upload?user_id=ada', 'image/png', large.length));
    await uploads.until((text) => text.includes('100 Continue'));

    await stop(service);
    uploads.socket.write(large);
    assert.match(await uploads.ended, /200 OK[\s\S]*"status":"ready"/);
    assert.match(await waiting.ended, /200 OK[\s\S]*"status":"pending"/);
    download.socket.resume();
    const received = await download.ended;
    assert.equal(received.length - received.indexOf('\r\n\r\n') - 4, large.length);
    assert.equal(await ended(service), 0);
  });

  it('sends written answers to slow readers completely', async () => {
    const port = await freePort();
    await using service = await startService({ METRICS_PORT: String(port) });
    const metadata = { text: 'x'.repeat(4_000) };
    const uploads = Array.from({ length: 100 }, () => ({ content_type: 'image/png', metadata }));
    for (let batch = 0; batch < 8; batch++) {
      const body = JSON.stringify({ user_id: 'ada', uploads });
      await fetch(`${service.origin}/images/uploads`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
    }
    const path = '/images?user_id=ada&status=pending&limit=1000';
    const whole = await (await fetch(`${service.origin}${path}`)).text();

    await using slow = await connectTo(service.origin);
    slow.socket.pause();
    slow.socket.write(get(path).repeat(4)); // more than the system's buffers hold
    const active = async () => sumOf(await scrape(`http://127.0.0.1:${port}/metrics`), 'http_server_active_requests');
    while ((await active()) === 0) await delay(100);
    await stop(service);
    slow.socket.resume();
    const [, ...answers] = (await slow.ended).split(/HTTP\/1\.1 200 OK[\s\S]*?\r\n\r\n/);
    assert.deepEqual(
      answers.map((answer) => Buffer.from(answer, 'latin1').toString() === whole),
      [true, true, true, true],
    );
    assert.equal(await ended(service), 0);
  });

  it('sends Connection: close with the last answer on a persistent connection', async () => {
    await using service = await startService();
    const pending = await grant(service);
    await using busy = await beginWaiting(service, get(`/images/${pending}/metadata?wait=1`) + get('/health'));
    await stop(service);
    const received = await busy.ended;
    assert.deepEqual(statuses(received), [200, 200, 200]);
    assert.match(received.slice(received.lastIndexOf('HTTP/1.1')), /^Connection: close/m);
    assert.equal(await ended(service), 0);
  });

  for (const second of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends immediately with 1 on a second signal, ${second}`, async () => {
      await using service = await startService();
      const pending = await grant(service);
      await using waiting = await beginWaiting(service, get(`/images/${pending}/metadata?wait=20`));
      await stop(service);
      const again = setInterval(() => service.process.kill(second), 200); // late enough not to be the first one's echo
      assert.equal(await ended(service), 1);
      clearInterval(again);
      assert.deepEqual(statuses(await waiting.ended), [200]);
    });
  }
});
