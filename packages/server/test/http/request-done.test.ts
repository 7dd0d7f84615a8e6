import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { parseKeyId } from '../../src/domain/access/api-key-text.ts';
import type { RequestDone, ServiceEvent } from '../../src/observe/observer/observer.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { type ListeningService, listen } from '../services/listening-service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { connectTo, lines } from './raw-connection.ts';

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

/** The events of a service's requests, each once its answer has closed. */
function createRequests() {
  const events: RequestDone[] = [];
  let wake = (): void => undefined;
  return {
    observe(event: ServiceEvent): void {
      if (event.event !== 'request-done') return;
      events.push(event);
      wake();
    },
    async next(): Promise<RequestDone> {
      while (events.length === 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
      const [event, ...more] = events.splice(0);
      assert.deepEqual(more, [], 'expected one event of one request');
      return event ?? assert.fail();
    },
  };
}

type Requests = ReturnType<typeof createRequests>;

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
}

/** Sends a request, and checks the bytes that its event has. */
const asking =
  (listening: ListeningService, requests: Requests) =>
  async (target: string, { method = 'GET', headers = {}, body }: Asked = {}) => {
    const sent = listening.send({ method, target, headers, ...(body && { body }), from: '127.0.0.1' });
    const answer = await sent.answered;
    const done = await requests.next();
    assert.deepEqual([done.method, done.status, done.outcome], [method, answer.status, 'answered']);
    assert.deepEqual([done.bytesIn, done.clientAddress], [body?.length ?? 0, '127.0.0.1']);
    const { 'content-length': length = '0', 'x-request-id': id } = answer.headers;
    assert.deepEqual([done.bytesOut, done.requestId], [method === 'HEAD' ? 0 : Number(length), id]);
    return { answer, done, json: () => JSON.parse(answer.body) };
  };

const json = (value: unknown, headers: Record<string, string> = {}): Asked => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: Buffer.from(JSON.stringify(value)),
});

/** The facts that a test is about. */
const facts = ({ operation, route, code, limit, caller }: RequestDone) => ({ operation, route, code, limit, caller });
const plain = { code: undefined, limit: undefined };

describe('the event of a request to an open service', () => {
  const requests = createRequests();
  const stack = new AsyncDisposableStack();
  let ask: ReturnType<typeof asking>;
  let address: string;
  before(async () => {
    const environment = { QUOTA_IMAGES: '2', USAGE: 'on', RATE_LIMITS: 'list=1/h' };
    const service = stack.use(await createSharingService({ environment, observe: requests.observe }));
    const listening = stack.use(await listen(service));
    address = listening.address;
    ask = asking(listening, requests);
  });
  after(() => stack.disposeAsync());

  it('has its operation, its route, and the image that it made, stored or named', async () => {
    const granted = await ask('/uploads', json({ user_id: 'ada', content_type: 'image/jpeg' }));
    const { image_id: imageId, upload_url: url } = granted.json() as { image_id: string; upload_url: string };
    assert.deepEqual(facts(granted.done), { ...plain, operation: 'createUpload', route: '/uploads', caller: 'open' });
    assert.deepEqual([granted.done.imageId, granted.done.userId], [imageId, 'ada']);

    const { pathname, search, host } = new URL(url);
    const put = { method: 'PUT', headers: { 'Content-Type': 'image/jpeg', Host: host }, body: picture };
    const { done: stored } = await ask(`${pathname}${search}`, put);
    assert.equal(stored.status, 200);
    assert.deepEqual(facts(stored), { ...plain, operation: null, route: '/objects/{key}', caller: 'none' });
    assert.deepEqual([stored.imageId, stored.path], [imageId, pathname]);

    const read = await ask(`/images/${imageId}/`);
    assert.deepEqual(facts(read.done), { ...plain, operation: 'readImage', route: '/images/{id}', caller: 'open' });
    assert.deepEqual([read.done.imageId, read.done.bytesOut], [imageId, picture.length]);
    const same = { 'If-None-Match': read.answer.headers.etag ?? '' };
    const { done: unchanged } = await ask(`/images/${imageId}`, { headers: same });
    assert.deepEqual([unchanged.status, unchanged.bytesOut], [304, 0]);
    const { done: part } = await ask(`/images/${imageId}`, { headers: { Range: 'bytes=10-19' } });
    assert.deepEqual([part.status, part.bytesOut], [206, 10]);
    const { done: headed } = await ask(`/images/${imageId}`, { method: 'HEAD' });
    assert.deepEqual([headed.operation, headed.bytesOut], ['readImage', 0]);
  });

  it('has no operation for a page, and no route for a path that none of ours has', async () => {
    const routeOf = async (target: string, asked: Asked = {}) => {
      const { operation, route, caller } = (await ask(target, asked)).done;
      return [operation, route, caller];
    };
    assert.deepEqual(await routeOf('/docs'), [null, '/docs', 'none']);
    assert.deepEqual(await routeOf('/assets/none.js'), [null, '/assets/{name}', 'none']);
    assert.deepEqual(await routeOf('/nowhere/constructor'), [null, null, 'none']);
    assert.deepEqual(await routeOf('/images', { method: 'PATCH' }), [null, '/images', 'none']);
    assert.deepEqual(await routeOf('/livez'), ['checkLiveness', '/livez', 'anonymous']);
    const guarded = { headers: { Host: 'evil.example' } };
    assert.deepEqual(await routeOf('/images', guarded), ['listImages', '/images', 'none']);
  });

  it('has the limit that it met', async () => {
    const limitsOf = async (target: string, asked: Asked = {}) => {
      const { code, limit } = (await ask(target, asked)).done;
      return [code, limit];
    };
    await ask('/images');
    assert.deepEqual(await limitsOf('/images'), ['rate-limited', 'rate-list']);
    const grant = json({ user_id: 'bob', content_type: 'image/jpeg' });
    for (const _ of [1, 2]) await ask('/uploads', grant);
    assert.deepEqual(await limitsOf('/uploads', grant), ['quota-exceeded', 'quota']);
    const { done } = await ask('/images/01932f00-0000-7000-8000-000000000001/render?w=8&sig=x');
    assert.deepEqual(
      [done.limit, done.imageId, done.caller],
      [undefined, '01932f00-0000-7000-8000-000000000001', 'none'],
    );
  });

  it('is aborted if its client leaves in the middle of an upload, with the bytes so far', async () => {
    await using connection = await connectTo(`http://${address}`);
    connection.socket.write(
      lines(
        'POST /images/upload?user_id=eve HTTP/1.1',
        'Host: localhost',
        'Content-Type: image/jpeg',
        'Content-Length: 100000',
        'Expect: 100-continue',
      ),
    );
    await connection.until((received) => received.includes('100 Continue'));
    connection.socket.end('x'.repeat(4_321));
    const done = await requests.next();
    assert.partialDeepStrictEqual(done, { outcome: 'aborted', operation: 'upload', userId: 'eve', bytesOut: 0 });
    assert.equal(done.bytesIn, 4_321);
  });
});

describe('the event of a request to a closed service', () => {
  it('has who called, also if the call is refused', async () => {
    await using stack = new AsyncDisposableStack();
    const requests = createRequests();
    const service: ClosedService = stack.use(
      await createClosedService({ environment: { RATE_LIMITS: 'list=1/h' }, observe: requests.observe }),
    );
    const ask = asking(stack.use(await listen(service)), requests);
    const key = await service.keyOf({ owner: 'ada' });
    const keyId = parseKeyId(key.slice(10, 26)) ?? assert.fail();
    const as = (text: string, headers: Record<string, string> = {}): Asked => ({
      headers: { Authorization: `Bearer ${text}`, ...headers },
    });
    const whoOf = ({ caller, userId, keyId: id }: RequestDone) => [caller, userId, id];
    const { done } = await ask('/images', as(key));
    assert.deepEqual(whoOf(done), ['user', 'ada', keyId]);
    const { done: limited } = await ask('/images', as(key));
    assert.deepEqual([...whoOf(limited), limited.limit], ['user', 'ada', keyId, 'rate-list']);
    const { done: forbidden } = await ask('/keys/0000000000000000', { ...as(key), method: 'DELETE' });
    assert.deepEqual([...whoOf(forbidden), forbidden.code], ['user', 'ada', keyId, 'missing-scope']);
    const { done: admin } = await ask('/images', as(service.admin, { 'X-User-Id': 'bob' }));
    assert.deepEqual(whoOf(admin).slice(0, 2), ['admin', 'bob']);
    const { done: unknown } = await ask('/images', as('junk'));
    assert.deepEqual([...whoOf(unknown), unknown.reason], ['none', undefined, undefined, 'unknown-shape']);
    for (let time = 0; time < 20; time++) await ask('/images', as('junk'));
    const { done: guessing } = await ask('/images', as('junk'));
    assert.deepEqual([guessing.code, guessing.limit], ['rate-limited', 'rate-other']);
  });
});
