import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { startFleetIn } from '../packages/server/test/fleet/fleet.ts';
import { createQueuedCloud, NO_QUEUED_CLOUD } from '../packages/server/test/services/queued-cloud.ts';
import { startService } from '../packages/server/test/services/running-service.ts';
import { type CountingFront, startCountingFront } from '../packages/server/test/telemetry/counting-front.ts';
import { freePort } from '../test-servers/free-port.ts';
import { NO_REDIS, startRedis } from '../test-servers/redis.ts';
import { connect, json } from './api.ts';
import { CLOSED } from './closed.ts';
import { askArbitrarily, CAUSED_BY_CLIENTS, describeCounts } from './counted.ts';
import { startDecidingGate } from './gate.ts';
import { LIMITED } from './limited.ts';
import { describeSafelight, TOPICS, type Topic } from './suite.ts';

const ALL = Object.keys(TOPICS) as readonly Topic[];
const codes = new Set<string>();
const fronts: CountingFront[] = [];
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

const metricsOf = (port: number): string => `http://127.0.0.1:${port}/metrics`;

/** A service of one process behind a proxy that counts. */
async function startCounted(environment: Record<string, string>) {
  const port = await freePort();
  const service = stack.use(await startService({ ...environment, METRICS_PORT: String(port) }));
  const front = stack.use(await startCountingFront([service.origin]));
  fronts.push(front);
  return { ...service, front, metrics: [metricsOf(port)] };
}

const open = await startCounted({ USAGE: 'on' });
describeSafelight(await connect(open.front.url), ALL);
describe('arbitrary requests', () => {
  it('are answered', () => askArbitrarily(open.front.url, 1_000));
});
describe('an open service', () => describeCounts(open.front, open.metrics, { codes, words: [] }));

for (const [name, environment, topics] of [
  ['a closed service', { ...CLOSED, USAGE: 'on' }, ALL],
  ['a service with limits', LIMITED, ['rate-limits']],
] as const) {
  const closed = await startCounted(environment);
  const admin = (await readFile(join(closed.folder, 'data/admin-key'), 'utf8')).trim();
  const { ask } = await connect(closed.front.url, { token: admin });
  const terms = { name: 'counted', acts_as: ['*'], scopes: ['images:read', 'images:write'] };
  const { key, key_id } = await ask<{ readonly key: string; readonly key_id: string }>('/keys', json(terms));
  describeSafelight(await connect(closed.front.url, { token: key, adminToken: admin }), topics);
  describe(name, () => describeCounts(closed.front, closed.metrics, { codes, words: [key, key_id, admin] }));
}

if (NO_QUEUED_CLOUD || NO_REDIS) {
  describe('a fleet with a queue, Redis and a gate', { skip: NO_QUEUED_CLOUD || NO_REDIS }, () => {});
} else {
  const cloud = stack.use(await createQueuedCloud());
  const redis = stack.use(await startRedis());
  const gate = stack.use(await startDecidingGate());
  const ports = [await freePort(), await freePort()];
  const fleet = await Promise.all(
    ports.map(async (port) =>
      stack.use(
        await startFleetIn(cloud, {
          services: 1,
          workers: 1,
          environment: {
            ...gate.environment,
            RATE_LIMIT_STORE: redis.url,
            RATE_LIMITS: 'read=100000/min list=100000/min grant=100000/min upload=100000/min',
            METRICS_PORT: String(port),
          },
        }),
      ),
    ),
  );
  const front = stack.use(
    await startCountingFront(fleet.flatMap(({ services }) => services.map(({ origin }) => origin))),
  );
  fronts.push(front);
  describeSafelight(await connect(front.url), ['gates']);
  describe('arbitrary requests to a fleet', () => {
    it('are answered', () => askArbitrarily(front.url, 500));
  });
  describe('a fleet with a queue, Redis and a gate', () =>
    describeCounts(front, ports.map(metricsOf), { codes, words: [] }));
}

describe('all of these requests', () => {
  it('were 5,000 and more, and caused every problem that a client can cause', () => {
    const told = fronts.flatMap((front) => front.told);
    assert.ok(told.length >= 5_000, `${told.length} requests`);
    assert.deepEqual(
      CAUSED_BY_CLIENTS.filter((code) => !codes.has(code)),
      [],
    );
  });
});
