import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { METRICS } from '../../packages/server/src/observe/telemetry/metrics/catalog.ts';
import { nameInMetrics } from '../../packages/server/src/observe/telemetry/metrics/names.ts';
import { type Fleet, startFleetIn } from '../../packages/server/test/fleet/fleet.ts';
import { createQueuedCloud, NO_QUEUED_CLOUD } from '../../packages/server/test/services/queued-cloud.ts';
import { spawnProgram } from '../../packages/server/test/services/running-service.ts';
import { json, post } from '../../packages/server/test/services/service.ts';
import { PASSED, REFUSED, startDecidingGate } from '../../test/acceptance/gate.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { startFront } from '../../test/servers/front.ts';
import { skipWithout } from '../../test/servers/installed.ts';
import { NO_REDIS, startRedis } from '../../test/servers/redis.ts';
import { startReceiver } from '../../test/servers/webhook-receiver.ts';
import { dashboardRows, sentToPrometheus } from './dashboard.ts';
import {
  asAdmin,
  grant,
  leaveDuringUpload,
  picture,
  presigned,
  put,
  repeating,
  SWEPT_AGAIN_MS,
  staged,
  startWatch,
  TELLING,
  untilFired,
  upload,
} from './live-service.fixture.ts';
import type { Prometheus } from './prometheus.fixture.ts';

const ADMIN = join(import.meta.dirname, '../../packages/server/src/bin/admin.ts');

/** As Grafana sends them. The alerts' test plants the faults of the others. */
const QUERIES = dashboardRows
  .flatMap(({ panels }) => panels.flatMap(({ lines }) => lines))
  .filter(({ isFault }) => !isFault)
  .map(({ query }) => sentToPrometheus(query, '2m'));

/** Whether the query had a series above 0 in the last two minutes. */
const isShown = async (prometheus: Prometheus, query: string): Promise<boolean> =>
  (await prometheus.query(`max_over_time((${query})[2m:1s]) > 0`)).length > 0;

async function shownIn(prometheus: Prometheus): Promise<readonly string[]> {
  const shown: string[] = [];
  for (const query of QUERIES) if (await isShown(prometheus, query)) shown.push(query);
  return shown;
}

/** Counted in Redis, and never reached. */
const MANY = 'read=1000000/m list=1000000/m grant=1000000/m upload=1000000/m render=1000000/m picture=1000000/m';

/** Beside the service of that folder. */
async function backUp(data: string): Promise<void> {
  const target = join(dirname(data), 'backups');
  await mkdir(target);
  const { exitCode, output } = await spawnProgram(dirname(data), {}, [process.execPath, ADMIN, 'backup', target]).ended;
  assert.equal(exitCode, 0, output);
}

describe('the dashboard and the alerts without a fault', { skip: skipWithout('prometheus') }, () => {
  const shown = new Set<string>();

  it('a service of one process, some of whose clients do wrong: no alert fires', async () => {
    const environment = { EAGER_PRESETS: 'small', QUOTA_PENDING: '5' };
    await staged({ environment, isSwept: true }, async ({ service, data, ...watch }) => {
      const { origin } = service;
      await backUp(data);
      const use = async (round: number): Promise<void> => {
        const { id } = await upload(service, round);
        await presigned(service, await picture(1_000 + round));
        await presigned(service, (await picture(2_000 + round)).subarray(0, 2_000));
        for (let again = 0; again < 2; again++) await (await fetch(`${origin}/images/${id}/renditions/thumb`)).bytes();
        await fetch(`${origin}/images?user_id=u&limit=0`);
        await grant(service, { user: 'over quota' });
        await leaveDuringUpload(service);
        await fetch(`${origin}/images/${id}/trash?user_id=u`, { method: 'POST' });
      };
      await repeating(use, () => delay(SWEPT_AGAIN_MS));
      for (const query of await shownIn(watch.prometheus)) shown.add(query);
      await untilFired(watch, []);
    });
  });

  it('a service that tells a webhook: no alert fires', async () => {
    const ofWebhooks = QUERIES.filter((query) => query.includes(nameInMetrics(METRICS.webhookDuration)));
    assert.equal(ofWebhooks.length, 1);
    await using receiver = await startReceiver();
    await staged({ environment: TELLING }, async ({ service, data, ...watch }) => {
      const send = await asAdmin({ service, data });
      await send('/webhooks', json({ url: receiver.url }));
      const endMs = performance.now() + SWEPT_AGAIN_MS;
      const untilShown = async (): Promise<void> => {
        for (const query of ofWebhooks) {
          while (!(await isShown(watch.prometheus, query)) && performance.now() < endMs) await delay(250);
          if (await isShown(watch.prometheus, query)) shown.add(query);
        }
      };
      const use = async (round: number) => send('/images/upload?user_id=u', post(await picture(round), 'image/jpeg'));
      await repeating(use, untilShown);
      await untilFired(watch, []);
    });
  });

  describe('a fleet with a queue, Redis and a gate', { skip: NO_QUEUED_CLOUD || NO_REDIS }, () => {
    it('no alert fires; then those fire that its faults cause', async () => {
      await using cloud = await createQueuedCloud();
      await using redis = await startRedis();
      await using gate = await startDecidingGate();
      const environment = { ...gate.environment, RATE_LIMITS: MANY, RATE_LIMIT_STORE: redis.url, USAGE: 'on' };
      await using stack = new AsyncDisposableStack();
      const metricsPorts: number[] = [];
      const startPart = async (): Promise<Fleet> => {
        const [api, worker] = [await freePort(), await freePort()];
        metricsPorts.push(api, worker);
        const ports = { METRICS_PORT: String(api), WORKER_METRICS_PORT: String(worker) };
        return stack.use(
          await startFleetIn(cloud, { services: 1, workers: 1, environment: { ...environment, ...ports } }),
        );
      };
      const halves = [await startPart(), await startPart()];
      let turn = 0;
      const front = stack.use(await startFront(() => halves[turn++ % halves.length]?.services[0]?.origin));
      const fleet = { origin: front.url };
      const watch = stack.use(await startWatch({ metricsPorts, isSwept: true }));

      const use = async (round: number): Promise<void> => {
        const bytes = await picture(round);
        const granted = await grant(fleet, { tags: [PASSED] });
        await put(granted, bytes);
        await put(await grant(fleet, { tags: [REFUSED] }), bytes);
        const path = `${fleet.origin}/images/${granted.image_id}`;
        await fetch(`${path}/complete?user_id=u`, { method: 'POST' });
        for (let again = 0; again < 2; again++) await (await fetch(`${path}/renditions/thumb`)).bytes();
        await fetch(`${path}/trash?user_id=u`, { method: 'POST' });
      };
      await repeating(use, () => delay(SWEPT_AGAIN_MS));
      for (const query of await shownIn(watch.prometheus)) shown.add(query);
      const parts = (await watch.prometheus.query('sum by (part) (safelight_call_duration_count) > 0')).map(
        ({ labels }) => labels['part'],
      );
      assert.deepEqual(parts.toSorted(), ['gates', 'objects', 'queue', 'records', 'redis']);
      await untilFired(watch, []);

      await redis.kill();
      await repeating(use, () => untilFired(watch, ['SafelightPartFailing']));
      await redis.restart();
      await repeating(use, () => watch.reset());

      for (const { workers } of halves) for (const worker of workers) await worker.stop();
      await untilFired(watch, ['SafelightDown', 'SafelightNotSwept']);
    });

    it('each query of the dashboard had a series above 0 in the service or in the fleet', () => {
      assert.deepEqual(
        QUERIES.filter((query) => !shown.has(query)),
        [],
      );
    });
  });
});
