import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_REDIS, type RedisServer, startRedis } from '../../../../test/servers/redis.ts';
import { createSealer } from '../../src/domain/access/seal.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { createRenderLinks } from '../../src/domain/rendition/render-links.ts';
import { parseTransform } from '../../src/domain/rendition/transform-parameters.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { subkey } from '../../src/run/config/secret.ts';
import { type RunningService, startService } from '../services/running-service.ts';

const PROCESSES = 3;
const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId;
/** A request that is counted, and finds nothing. */
const READ = `/images/${UNKNOWN}/metadata`;
const LISTS = 30;
const RENDERS_A_SECOND = 20;
const WINDOWS = 10;
/** How often something is measured if the store, on a busy machine, doesn't answer in its half second. */
const TRIES = 5;

const SECRET_KEY = 'the-secret-of-three-processes-in-this-test';
/** Valid, so that it counts for the image and the address. */
const RENDER = createRenderLinks(createSealer([subkey(SECRET_KEY, 'render-links')])).make(
  { id: UNKNOWN, epoch: 0 },
  parseTransform([['w', '8']], String),
  null,
);

describe('three processes that share a store of rate limits', { skip: NO_REDIS }, () => {
  const stack = new AsyncDisposableStack();
  let redis: RedisServer;
  let services: readonly RunningService[];
  before(async () => {
    redis = stack.use(await startRedis());
    const environment = {
      RATE_LIMITS: `list=${LISTS}/h render=${RENDERS_A_SECOND}/s read=100000/h`,
      RATE_LIMIT_STORE: redis.url,
      SECRET_KEY,
      ALLOW_OPEN: 'true',
      TRUSTED_PROXIES: '127.0.0.1',
      PROXY_HEADERS: 'x-forwarded',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
    };
    services = await Promise.all(
      Array.from({ length: PROCESSES }, async () => stack.use(await startService(environment))),
    );
  });
  after(() => stack.disposeAsync());

  /** At each process, `times` times at once. */
  const everywhere = (path: string, times = 1, headers: Record<string, string> = {}): Promise<Response[]> =>
    Promise.all(
      services.flatMap(({ origin }) =>
        Array.from({ length: times }, async () => {
          const response = await fetch(`${origin}${path}`, { headers });
          await response.body?.cancel();
          return response;
        }),
      ),
    );
  const remainingOf = (response: Response): number =>
    Number(/r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]);

  /** How often each process has logged the event. */
  const logged = (event: string): number[] =>
    services.map((service) => service.output().split(`"event":"${event}"`).length - 1);
  /** For each process, whether the store is away: then it counts alone. */
  const isAway = (): boolean[] => {
    const back = logged('rate-store-back');
    return logged('rate-store-away').map((times, process) => times > (back[process] ?? 0));
  };
  const statuses = new Set<number>();
  /** Asks until the store is there for all processes, or away for all. */
  const untilStore = (is: 'there' | 'away'): Promise<void> =>
    until(async () => {
      for (const { status } of await everywhere(READ, 5)) statuses.add(status);
      return !isAway().includes(is === 'there');
    });
  /** What `measure` found while the store was there for all processes. */
  async function together<Found>(measure: (nth: number) => Promise<Found>): Promise<Found> {
    for (let nth = 1; nth <= TRIES; nth += 1) {
      await untilStore('there');
      const before = logged('rate-store-away').join();
      const found = await measure(nth);
      await delay(200); // for the last lines of the log
      if (logged('rate-store-away').join() === before) return found;
    }
    return assert.fail(
      `expected a store that answers for as long as this takes; it was away in each of ${TRIES} tries`,
    );
  }

  it('admit the limit once, together', async () => {
    await everywhere('/livez', 5); // the first requests take long
    const answers = await together((nth) => everywhere('/images', 40, { 'x-forwarded-for': `192.0.2.${nth}` }));
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, LISTS);
    assert.equal(statuses.filter((status) => status === 429).length, 3 * 40 - LISTS);
  });

  it('admit the limit in each of ten full windows, and no more', async () => {
    const { told, windows } = await together(async () => {
      /** How often each number of remaining requests was told: once in each window, and zero only in a full one. */
      const told = new Map<number, number>();
      const began = performance.now();
      while ((told.get(0) ?? 0) < WINDOWS) {
        const answers = await everywhere(RENDER, 4);
        for (const one of answers.filter(({ status }) => status !== 429))
          told.set(remainingOf(one), (told.get(remainingOf(one)) ?? 0) + 1);
      }
      return { told, windows: Math.ceil((performance.now() - began) / 1_000) + 1 }; // that any part of this time lies in
    });
    for (let window = 1; window <= WINDOWS; window++) {
      const admitted = [...told.values()].filter((times) => times >= window).length;
      assert.ok(Math.abs(admitted / RENDERS_A_SECOND - 1) <= 0.05, `${admitted} in window ${window}`);
    }
    const admitted = [...told.values()].reduce((sum, times) => sum + times, 0);
    assert.ok(admitted <= windows * RENDERS_A_SECOND * 1.05, `${admitted} in ${windows} windows`);
  });

  it('answer no 5xx while the store is killed and started again, and then count together again', async () => {
    await everywhere(READ);
    await redis.kill();
    await untilStore('away');
    await redis.restart();
    await untilStore('there');
    assert.deepEqual(statuses, new Set([404]));

    const left = await together(async () => {
      const each = [];
      for (const { origin } of services) each.push(remainingOf(await fetch(`${origin}${READ}`)));
      return each;
    });
    const [first = 0, ...others] = left;
    assert.deepEqual(others, [first - 1, first - 2]);
  });
});
