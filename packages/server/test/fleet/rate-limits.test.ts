import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_REDIS, type RedisServer, startRedis } from '../../../../test-servers/redis.ts';
import { subkey } from '../../src/config/secret.ts';
import { createSealer } from '../../src/domain/access/seal.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { createRenderLinks } from '../../src/domain/rendition/render-links.ts';
import { parseTransform } from '../../src/domain/rendition/transform-parameters.ts';
import { type RunningService, startService } from '../services/running-service.ts';

const PROCESSES = 3;
const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId;
const LISTS = 30;
const RENDERS_A_SECOND = 20;
const WINDOWS = 10;

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
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
    };
    services = await Promise.all(
      Array.from({ length: PROCESSES }, async () => stack.use(await startService(environment))),
    );
  });
  after(() => stack.disposeAsync());

  /** At each process, `times` times at once. */
  const everywhere = (path: string, times = 1): Promise<Response[]> =>
    Promise.all(
      services.flatMap(({ origin }) =>
        Array.from({ length: times }, async () => {
          const response = await fetch(`${origin}${path}`);
          await response.body?.cancel();
          return response;
        }),
      ),
    );
  const remainingOf = (response: Response): number =>
    Number(/r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]);

  it('admit the limit once, together', async () => {
    await everywhere('/livez', 5); // the first requests take long
    const statuses = (await everywhere('/images', 40)).map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, LISTS);
    assert.equal(statuses.filter((status) => status === 429).length, 3 * 40 - LISTS);
  });

  it('admit the limit in each of ten full windows, and no more', async () => {
    /** How often each number of remaining requests was told: once in each window, and zero only in a full one. */
    const told = new Map<number, number>();
    const began = performance.now();
    while ((told.get(0) ?? 0) < WINDOWS) {
      const answers = await everywhere(RENDER, 4);
      for (const one of answers.filter(({ status }) => status !== 429))
        told.set(remainingOf(one), (told.get(remainingOf(one)) ?? 0) + 1);
    }
    const windows = Math.ceil((performance.now() - began) / 1_000) + 1; // that any part of this time lies in
    for (let window = 1; window <= WINDOWS; window++) {
      const admitted = [...told.values()].filter((times) => times >= window).length;
      assert.ok(Math.abs(admitted / RENDERS_A_SECOND - 1) <= 0.05, `${admitted} in window ${window}`);
    }
    const admitted = [...told.values()].reduce((sum, times) => sum + times, 0);
    assert.ok(admitted <= windows * RENDERS_A_SECOND * 1.05, `${admitted} in ${windows} windows`);
  });

  it('answer no 5xx while the store is killed and started again, and then count together again', async () => {
    const path = `/images/${UNKNOWN}/metadata`;
    const statuses = new Set<number>();
    const untilLogged = async (event: string): Promise<void> => {
      while (!services.every((service) => service.output().includes(event))) {
        for (const { status } of await everywhere(path, 5)) statuses.add(status);
        await delay(5);
      }
    };
    await everywhere(path);
    await redis.kill();
    await untilLogged('"event":"rate-store-away"');
    await redis.restart();
    await untilLogged('"event":"rate-store-back"');
    assert.deepEqual(statuses, new Set([404]));

    const left = [];
    for (const { origin } of services) left.push(remainingOf(await fetch(`${origin}${path}`)));
    const [first = 0, ...others] = left;
    assert.deepEqual(others, [first - 1, first - 2]);
  });
});
