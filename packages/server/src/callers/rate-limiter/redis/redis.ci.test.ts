import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { NO_REDIS, type RedisServer, startRedis } from '../../../../../../test/servers/redis.ts';
import type { Share } from '../../../domain/access/rate-limits.ts';
import { until } from '../../../imaging/processes/process-list.fixture.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { outcomesOf } from '../../../observe/observer/outcomes.fixture.ts';
import { createWatches, UNWATCHED } from '../../../observe/observer/store-calls.ts';
import { createMemoryRateLimiter } from '../memory/memory.ts';
import { describeRateLimiter } from '../rate-limiter.contract.ts';
import type { CountedLimits, RateLimiter } from '../rate-limiter.ts';
import { openRedisRateLimiter } from './redis.ts';

const LIMITS: CountedLimits = { grant: { requests: 10, windowSeconds: 3_600 } };
/** A busy machine isn't a silent store. */
const PATIENT_MS = 60_000;
const CLOCK = { elapsedMs: () => performance.now() };

const ada = (name: string): Share => ({ holder: 'caller', owner: '', name, times: 1 });
const takeOne = async (limiter: RateLimiter, share: Share) =>
  (await limiter.take([{ policy: 'grant', share, requests: 1, held: 0 }]))[0];

describe('Redis', { skip: NO_REDIS }, () => {
  let redis: RedisServer;
  let databases = 0;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis[Symbol.asyncDispose]());

  describeRateLimiter('Redis', async (limits) => {
    const url = `${redis.url}/${databases}`; // one for each test
    databases += 1;
    await using stack = new AsyncDisposableStack();
    const open = async () =>
      stack.use(
        await openRedisRateLimiter({
          url,
          answerMs: PATIENT_MS,
          connectMs: PATIENT_MS,
          limits,
          fallback: createMemoryRateLimiter({ limits: {}, clock: CLOCK }),
          clock: CLOCK,
          observe: (event) => assert.fail(event.event),
          watch: UNWATCHED,
        }),
      );
    const [limiter, elsewhere] = [await open(), await open()];
    const held = stack.move();
    return { limiter, elsewhere, [Symbol.asyncDispose]: () => held.disposeAsync() };
  });
});

/** A limiter with what it told, in order. */
async function openLimiter(url: string, { answerMs = PATIENT_MS, connectMs = PATIENT_MS } = {}) {
  const events: ServiceEvent[] = [];
  const calls: ServiceEvent[] = [];
  const limiter = await openRedisRateLimiter({
    url,
    answerMs,
    connectMs,
    limits: LIMITS,
    fallback: createMemoryRateLimiter({ limits: LIMITS, clock: CLOCK }),
    clock: CLOCK,
    observe: (event) => void events.push(event),
    watch: createWatches({ clock: CLOCK, observe: (event) => calls.push(event) })('redis'),
  });
  return {
    ...limiter,
    events: () => events.map(({ event }) => event),
    calls: () => outcomesOf(calls),
    [Symbol.asyncDispose]: () => limiter[Symbol.asyncDispose](),
  };
}

/** Sends one command over a connection of its own, and waits for its answer. */
async function command(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(`${text}\r\n`);
    const [answer] = await once(socket, 'data');
    return String(answer);
  } finally {
    socket.destroy();
  }
}

describe('a window in Redis', { skip: NO_REDIS }, () => {
  it('ends when it would have ended without further requests', async () => {
    await using redis = await startRedis();
    await using limiter = await openLimiter(redis.url);
    await takeOne(limiter, ada('a'));
    const key = /safelight:\S+/.exec(await command(redis.url, 'KEYS *'))?.[0];
    await command(redis.url, `EXPIRE ${key} 1000`);
    await takeOne(limiter, ada('a'));
    const left = Number((await command(redis.url, `TTL ${key}`)).slice(1));
    assert(left > 0 && left <= 1_000, `${left} of 1000 s left`);
  });
});

describe('a limiter whose Redis is away', { skip: NO_REDIS }, () => {
  it('counts by itself while Redis is dead, says so once, and counts together again after its restart', async () => {
    await using redis = await startRedis();
    await using one = await openLimiter(redis.url);
    await using other = await openLimiter(redis.url);
    for (const limiter of [one, other]) assert.equal((await takeOne(limiter, ada('a')))?.isAdmitted, true);
    assert.equal((await takeOne(one, ada('a')))?.remaining, 7);

    await redis.kill();
    const left = await Promise.all(Array.from({ length: 20 }, () => takeOne(one, ada('a'))));
    assert.equal(left.filter((taken) => taken?.isAdmitted).length, 10);
    assert.deepEqual(one.events(), ['rate-store-away']);
    const failed = () => one.calls().filter((call) => call === 'take failed').length;
    const soon = failed() + 2; // an alert needs the calls of the whole outage
    await until(async () => {
      await takeOne(one, ada('b'));
      return failed() >= soon;
    });

    await redis.restart();
    while (one.events().length < 2) await Promise.all([takeOne(one, ada('b')), command(redis.url, 'PING')]);
    while (other.events().length % 2 === 1) await Promise.all([takeOne(other, ada('b')), command(redis.url, 'PING')]);
    assert.deepEqual(one.events(), ['rate-store-away', 'rate-store-back']);
    const first = await takeOne(one, ada('c'));
    const second = await takeOne(other, ada('c'));
    assert.deepEqual([first?.remaining, second?.remaining], [9, 8]);
  });

  it('counts together again after each of several restarts', async () => {
    await using redis = await startRedis();
    await using limiter = await openLimiter(redis.url);
    for (const events of [2, 4]) {
      await redis.kill();
      while (limiter.events().length < events - 1) await takeOne(limiter, ada('a'));
      await redis.restart();
      while (limiter.events().length < events)
        await Promise.all([takeOne(limiter, ada('b')), command(redis.url, 'PING')]);
    }
    assert.deepEqual(limiter.events(), ['rate-store-away', 'rate-store-back', 'rate-store-away', 'rate-store-back']);
  });

  it('tells a command that Redis refuses as a failed call', async () => {
    await using redis = await startRedis();
    await using limiter = await openLimiter(redis.url);
    await takeOne(limiter, ada('a'));
    const key = /safelight:\S+/.exec(await command(redis.url, 'KEYS *'))?.[0];
    for (const text of [`DEL ${key}`, `LPUSH ${key} 1`, `EXPIRE ${key} 1000`]) await command(redis.url, text);
    assert.equal((await takeOne(limiter, ada('a')))?.remaining, 9);
    assert.deepEqual(limiter.calls(), ['take done', 'take failed']);
  });

  it('counts by itself while Redis answers nothing, also the requests that wait for it', async () => {
    await using redis = await startRedis();
    await using limiter = await openLimiter(redis.url, { answerMs: 500 });
    redis.halt();
    const taken = await Promise.all(Array.from({ length: 20 }, () => takeOne(limiter, ada('a'))));
    assert.equal(taken.filter((one) => one?.isAdmitted).length, 10);
    assert.deepEqual(limiter.events(), ['rate-store-away']);
    assert.deepEqual(limiter.calls(), [], 'expected no end of a call that Redis has not answered');
    redis.goOn();
    while (limiter.events().length < 2) await Promise.all([takeOne(limiter, ada('b')), command(redis.url, 'PING')]);
    assert.deepEqual(limiter.events(), ['rate-store-away', 'rate-store-back']);
  });

  it('starts without Redis, and with a server that never answers', async () => {
    await using stack = new AsyncDisposableStack();
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    stack.defer(() => void silent.close());
    for (const port of [1, (silent.address() as AddressInfo).port]) {
      await using limiter = await openLimiter(`redis://127.0.0.1:${port}`, { connectMs: 1_000 });
      assert.deepEqual(limiter.events(), ['rate-store-away']);
      assert.equal((await takeOne(limiter, ada('a')))?.remaining, 9);
    }
  });

  it('counts by itself while Redis refuses commands, and tells no password', async () => {
    await using redis = await startRedis();
    await command(redis.url, 'CONFIG SET requirepass secret');
    const events: ServiceEvent[] = [];
    await using limiter = await openRedisRateLimiter({
      answerMs: PATIENT_MS,
      connectMs: PATIENT_MS,
      url: redis.url.replace('//', '//:wrong-password@'),
      limits: LIMITS,
      fallback: createMemoryRateLimiter({ limits: LIMITS, clock: CLOCK }),
      clock: CLOCK,
      observe: (event) => void events.push(event),
      watch: UNWATCHED,
    });
    assert.equal((await takeOne(limiter, ada('a')))?.isAdmitted, true);
    assert.deepEqual(events, [{ event: 'rate-store-away', reason: 'WRONGPASS' }]);
  });
});
