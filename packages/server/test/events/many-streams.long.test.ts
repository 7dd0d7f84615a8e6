import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { connectTo, lines } from '../http/raw-connection.ts';
import { keyFrom, keysFrom } from '../services/keys-command.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { followEvents, type StreamClient } from './event-stream-client.ts';

const STREAMS = 500;
const MAX_BYTES = 100 * 1_048_576;
const MEGABYTE = 1_048_576;

/** The memory of the service's process, without files that the system can drop. */
async function memoryOf({ process: service }: RunningService): Promise<number> {
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(await readFile(`/proc/${service.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

const upload = async ({ origin }: RunningService, user: string): Promise<string> => {
  const body = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 8 }));
  const headers = { 'Content-Type': 'image/png' };
  const answer = await fetch(`${origin}/images/upload?user_id=${user}`, { method: 'POST', headers, body });
  return ((await answer.json()) as { image_id: string }).image_id;
};

/** With room for 500 connections: a stream is two open files, one at each end. */
const startWithFiles = (environment: Record<string, string>): Promise<RunningService> =>
  startService(environment, undefined, ['sh', '-c', 'ulimit -n 4096 && exec "$@"', 'sh']);

describe('500 streams', () => {
  it('hear of each event, in 100 MB more', async (t) => {
    await using service = await startWithFiles({ EVENTS: 'on', RATE_LIMITS: 'off', LOG_FORMAT: 'json' });
    const address = new URL(service.origin).host;
    for (let n = 0; n < 50; n += 1) await upload(service, 'ada'); // a young heap grows with any work
    const before = await memoryOf(service);
    using stack = new DisposableStack();
    const streams: StreamClient[] = [];
    for (let n = 0; n < STREAMS; n += 1)
      streams.push(stack.use(await followEvents({ address, query: `?user_id=u${n % 10}` })));
    const images = [];
    for (let n = 0; n < 30; n += 1) images.push(await upload(service, `u${n % 10}`));
    for (const [n, stream] of streams.entries()) {
      await stream.until(() => stream.events.length === 3);
      assert.deepEqual(
        stream.events.map(({ image_id: id }) => id),
        images.filter((_, m) => m % 10 === n % 10),
      );
    }
    const told = streams.map(({ lastId }) => lastId());
    for (const [n, stream] of streams.entries()) await stream.until(() => stream.lastId() !== told[n]);
    const more = (await memoryOf(service)) - before;
    t.diagnostic(`${(more / MEGABYTE).toFixed(1)} MB more with ${STREAMS} streams`);
    assert.ok(more < MAX_BYTES, `expected at most 100 MB more; got ${(more / MEGABYTE).toFixed(1)} MB`);
  });
});

describe('a client that reads nothing of its stream', () => {
  it('is dropped, takes no memory until then, and misses nothing when it resumes', async (t) => {
    await using service = await startWithFiles({ EVENTS: 'on', RATE_LIMITS: 'off', LOG_FORMAT: 'json' });
    const image = await upload(service, 'ada');
    const database = new DatabaseSync(join(service.folder, 'data', 'safelight.db'));
    const columns = 'type, image_id, user_id, revision, status, code, changed, at, logged_at';
    database.exec(`
      INSERT INTO events (${columns})
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
      SELECT 'image.ready', image_id, user_id, i + 2, status, code, changed, at, logged_at FROM n, events
      WHERE image_id = '${image}'
    `);
    database.close();
    const before = await memoryOf(service);
    await using connection = await connectTo(service.origin);
    connection.socket.write(lines('GET /events?from=oldest HTTP/1.1', 'Host: localhost', 'Accept: text/event-stream'));
    const EVENT = /^id: (\S+)\nevent: image\.ready\ndata: .*"revision":(\d+)/m;
    await connection.until((text) => EVENT.test(text));
    connection.socket.pause();
    const path = '"path":"/events"';
    while (!service.output().includes(path)) await delay(500);
    const more = (await memoryOf(service)) - before;
    t.diagnostic(`${(more / MEGABYTE).toFixed(1)} MB more`);
    assert.ok(more < 32 * MEGABYTE, `expected less than 32 MB; got ${(more / MEGABYTE).toFixed(1)} MB`);
    assert.match(service.output(), /"outcome":"aborted"/);

    const [, lastId = '', revision] = EVENT.exec(connection.received()) ?? []; // it has handled no more
    using resumed = await followEvents({ address: new URL(service.origin).host, lastId });
    await resumed.until(() => resumed.events.length >= 100);
    const next = Number(revision) + 1;
    assert.deepEqual(
      resumed.events.slice(0, 100).map((event) => event.revision),
      Array.from({ length: 100 }, (_, nth) => next + nth),
    );
  });
});

describe('a stream whose key another process revokes', () => {
  it('ends within seconds', async (t) => {
    await using service = await startWithFiles({ EVENTS: 'on', AUTH: 'api-key' });
    const key = await keyFrom(service.folder, ['create', '--owner', 'ada', '--name', 'one', '--scopes', 'images:read']);
    using stream = await followEvents({ address: new URL(service.origin).host, key: key.key });
    await keysFrom(service.folder, ['revoke', key.key_id]);
    const startMs = performance.now();
    await stream.ended;
    const seconds = (performance.now() - startMs) / 1_000;
    t.diagnostic(`${seconds.toFixed(1)} s after the command`);
    assert.ok(seconds < 30, `expected at most 10 s, and 20 s more on a busy machine; got ${seconds.toFixed(1)} s`);
  });
});
