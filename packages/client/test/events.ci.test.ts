import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createClient, type ImageEvent, type SafelightClient } from '@safelight/client';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { createTestService, ORIGIN, post } from '../../server/test/services/service.ts';
import { eventsOf, SILENT_MS } from '../src/events/events.ts';
import { createMessages } from '../src/events/messages.ts';
import { createApi } from '../src/http/api.ts';
import { type Pause, pause } from '../src/http/retry.ts';
import { startCuttingProxy } from './cutting-proxy.ts';

describe('the messages of a stream', () => {
  const TEXT =
    'retry: 3000\n\nid: a\nevent: image.ready\ndata: {"x":\ndata: 1}\n\n:\nid: b\r\n\r\n: alive\nretry: 1e3\n\nretry: 3600000\n\n';
  const MESSAGES = [
    { id: '', data: null, retryMs: 3_000 },
    { id: 'a', data: '{"x":\n1}', retryMs: null },
    { id: 'b', data: null, retryMs: null },
    { id: '', data: null, retryMs: null },
    { id: '', data: null, retryMs: 60_000 },
  ];

  it('are the same however the text is cut', () => {
    for (let size = 1; size <= TEXT.length; size += 1) {
      const read = createMessages();
      const chunks = Array.from({ length: Math.ceil(TEXT.length / size) }, (_, n) =>
        TEXT.slice(n * size, (n + 1) * size),
      );
      assert.deepEqual(chunks.flatMap(read), MESSAGES, `in chunks of ${size}`);
    }
  });

  it('have line separators of Unicode in their data, as JSON has them', () => {
    const data = JSON.stringify({ user_id: 'ada\u2028\u2029\u0085\v\f' });
    assert.deepEqual(createMessages()(`data: ${data}\n\n`), [{ id: '', data, retryMs: null }]);
  });

  const MIB = 1_048_576;
  /** Lines of data that make up so many characters with their line breaks. */
  function* linesOf(characters: number): Generator<string> {
    for (let left = characters; left > 0; left -= 65_001) yield `data: ${'x'.repeat(Math.min(left, 65_000))}\n`;
  }

  it('have lines of 65,536 characters at most, whether they end or not', () => {
    const longest = `data: ${'x'.repeat(65_530)}`;
    assert.equal(createMessages()(`${longest}\n\n`).length, 1);
    for (const text of [`${longest}x`, `${longest}x\n\n`])
      assert.throws(() => createMessages()(text), {
        code: 'unexpected-answer',
        message: /expected a line .*; got more/,
      });
  });

  it('have data of 1 MiB at most, in however many lines', () => {
    const read = createMessages();
    for (let event = 0; event < 2; event += 1) {
      assert.deepEqual([...linesOf(MIB)].flatMap(read), []);
      assert.equal(read('\n')[0]?.data?.length, MIB);
    }
    const message = /expected data of an event of at most 1048576 characters; got more/;
    assert.throws(() => [...linesOf(MIB + 1)].flatMap(read), { code: 'unexpected-answer', message });
    const empty = createMessages();
    assert.throws(() => empty('data\n'.repeat(MIB + 2)), { code: 'unexpected-answer', message });
  });
});

describe('client.events()', () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent', EVENTS: 'on' });
  });
  after(() => service?.[Symbol.asyncDispose]());

  const clientOf = (userId: string, baseUrl = service.origin): SafelightClient => createClient({ baseUrl, userId });
  const upload = async (client: SafelightClient, seed: number) =>
    client.upload(new Blob([new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed }))]));

  /** The first events of that many. */
  async function take(events: AsyncGenerator<ImageEvent, void, void>, count: number): Promise<ImageEvent[]> {
    const taken: ImageEvent[] = [];
    for await (const event of events) if (taken.push(event) === count) break;
    return taken;
  }

  it('tells what becomes of the images of its user alone, and goes on after a cursor', async () => {
    const [ada, bob] = [clientOf('ada'), clientOf('bob')];
    const image = await upload(ada, 1);
    await upload(bob, 2);
    await ada.images.update(image.image_id, { tags: ['sea'] });
    await ada.images.trash(image.image_id);
    const told = await take(ada.events({ from: 'oldest' }), 3);
    assert.deepEqual(
      told.map(({ type, image_id, changed }) => ({ type, image_id, changed })),
      [
        { type: 'image.ready', image_id: image.image_id, changed: undefined },
        { type: 'image.updated', image_id: image.image_id, changed: ['tags'] },
        { type: 'image.trashed', image_id: image.image_id, changed: undefined },
      ],
    );
    const [next] = await take(ada.events({ cursor: told[0]?.cursor, types: ['image.trashed'] }), 1);
    assert.equal(next?.event_id, told[2]?.event_id);
  });

  it('goes on over lost connections, and tells each event once', async () => {
    await using proxy = await startCuttingProxy(service.origin);
    const [near, far] = [clientOf('cy'), clientOf('cy', proxy.origin)];
    await upload(near, 3);
    const following = take(far.events({ from: 'oldest' }), 3);
    for (const seed of [4, 5]) {
      proxy.goDown()();
      await upload(near, seed);
    }
    const told = await following;
    assert.equal(new Set(told.map(({ event_id }) => event_id)).size, 3);
  });

  it('says when it begins without a cursor, however late: then a list has what it will not tell', {
    timeout: 120_000,
  }, async () => {
    await using proxy = await startCuttingProxy(service.origin);
    const [near, far] = [clientOf('di'), clientOf('di', proxy.origin)];
    const comeBack = proxy.goDown();
    const { promise: started, resolve: onStart } = Promise.withResolvers<void>();
    const following = take(far.events({ onStart }), 1);
    const untold = await upload(near, 6);
    comeBack();
    await started;
    const images = await Array.fromAsync(near.images.list({ user_id: 'di' }));
    assert.deepEqual(
      images.map(({ image_id }) => image_id),
      [untold.image_id],
    );
    const told = await upload(near, 7);
    const [event] = await following;
    assert.equal(event?.image_id, told.image_id);
    const resumed = take(far.events({ cursor: event?.cursor, onStart: () => assert.fail() }), 1);
    await upload(near, 8);
    await resumed;
  });

  it('waits as long as a service asks for that sends whole answers', async (t) => {
    t.mock.method(Math, 'random', () => 0.9);
    await using whole = await createTestService({ environment: { EVENTS: 'on' }, sendsWholeAnswers: true });
    const picture = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 8 }));
    const uploadOne = () => whole.request('/images/upload?user_id=ada', post(picture, 'image/png'));
    const options = { baseUrl: ORIGIN, credential: undefined, userId: 'ada', retries: 0, pause };
    const api = createApi({ ...options, fetch: async (url, init) => whole.send(String(url), init) });
    const pauses: number[] = [];
    const recorded: Pause = async (ms, signal) => {
      if (ms === SILENT_MS) return pause(ms, signal);
      assert.ok(pauses.push(ms) <= 2, `expected two pauses; got ${pauses.join(', ')} ms`);
      await uploadOne();
    };
    await uploadOne();
    const told = await take(eventsOf({ api, userId: 'ada', pause: recorded }, { from: 'oldest' }), 3);
    assert.equal(new Set(told.map(({ event_id }) => event_id)).size, 3);
    assert.equal(pauses.length, 2);
    for (const ms of pauses)
      assert.ok(ms >= 5_000 && ms <= 5_500, `expected 5 s, and at most 0.5 s more; got ${ms} ms`);
  });

  it('asks less and less often for a stream that is cut at once, and soon again for one that has lasted', async (t) => {
    t.mock.method(Math, 'random', () => 0.5);
    let elapsedMs = 0;
    t.mock.method(performance, 'now', () => elapsedMs);
    let lastsMs = 0;
    const cut = (): Response => {
      const first = new TextEncoder().encode('retry: 3000\n\n');
      const body = new ReadableStream({
        start: (stream) => stream.enqueue(first),
        async pull(stream) {
          await turn();
          elapsedMs += lastsMs;
          stream.error(new Error('cut'));
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const pauses: number[] = [];
    const stopping = new AbortController();
    const recorded: Pause = async (ms, signal) => {
      if (ms === SILENT_MS) return pause(ms, signal);
      if (pauses.push(ms) === 5) lastsMs = 3_000;
      if (pauses.length === 7) stopping.abort();
      return pause(0, signal);
    };
    const options = { baseUrl: ORIGIN, credential: undefined, userId: undefined, retries: 0, pause };
    const api = createApi({ ...options, fetch: async () => cut() });
    const following = take(eventsOf({ api, userId: 'ada', pause: recorded }, { signal: stopping.signal }), 1);
    await assert.rejects(following, { code: 'aborted' });
    assert.deepEqual(pauses, [250, 500, 1_000, 2_000, 4_000, 250, 250]);
  });

  it('refuses a cursor that no header can have', async () => {
    const answer = () => new Response('id: é\n\n', { headers: { 'content-type': 'text/event-stream' } });
    const client = createClient({ baseUrl: service.origin, fetch: async () => answer() });
    await assert.rejects(take(client.events(), 1), { code: 'unexpected-answer' });
  });

  it('ends with its signal, and for a service without a log', async () => {
    const stopping = new AbortController();
    const waiting = take(clientOf('dan').events({ signal: stopping.signal }), 1);
    setTimeout(() => stopping.abort(), 200);
    await assert.rejects(waiting, { code: 'aborted' });
    await assert.rejects(take(clientOf('dan').events({ cursor: 'other' }), 1), { code: 'invalid-cursor' });
    await using without = await startService({ LOG_LEVEL: 'silent' });
    await assert.rejects(take(clientOf('dan', without.origin).events(), 1), { code: 'route-not-found' });
  });
});
