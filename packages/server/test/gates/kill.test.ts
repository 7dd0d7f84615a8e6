import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from '../../src/domain/image/image.ts';
import { createRandom } from '../chance/random.ts';
import { startFleet } from '../fleet/fleet.ts';
import { createMortalFleet } from '../fleet/mortal-fleet.ts';
import { repeatsOf } from '../repeats.ts';
import { joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { recordsIn, requireRest as requireRestIn } from '../services/cloud-agreement.ts';
import { startMortal } from '../services/mortal-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf, requireRest, sweepAll } from '../services/record-check.ts';
import { startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { createTestService, type TestService } from '../services/service.ts';
import { createPictures } from '../uploads/upload-requests.ts';
import { createGatedClient, type GatedClient } from './gated-client.ts';
import { MAX_UPLOAD_BYTES } from './infected.ts';
import { refuses, startMoodyScanner } from './moody-scanner.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('gateKills');
const { count: FLEET_ROUNDS, seed: FLEET_SEED } = repeatsOf('fleetGateKills');

const CLIENTS = 5;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A scan that never ends is given up within the request. */
const environmentOf = (address: string) => ({
  GATE_CLAMD: address,
  GATE_CLAMD_TIMEOUT_SECONDS: '1',
  GATE_CLAMD_CONCURRENCY: '20',
  MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
  MAX_DIRECT_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
});

/** Has the next sweep ask about every held image, as if time had passed. */
async function makeDue({ services: { images, clock } }: TestService, records: readonly Image[]): Promise<void> {
  for (const image of records) {
    if (image.status !== 'held') continue;
    const screening = { ...image.screening, askAt: new Date(clock.now().getTime() - 1_000) };
    await images.replace(image, { ...image, screening });
  }
}

/** Asserts that every image has ended as the scanner's verdict about its bytes says. */
function requireVerdicts(clients: readonly GatedClient[], records: readonly Image[]): void {
  const byId = new Map<string, Image>(records.map((image) => [image.id, image]));
  for (const image of records) {
    assert.ok(image.status !== 'held' && image.status !== 'pending', `${image.id} waits`);
    if (image.status === 'ready') assert.ok(!refuses(image.sha256), `${image.id} is ready`);
  }
  for (const { id, sha256, isAcknowledged, isDeleted } of clients.flatMap(({ images }) => images)) {
    const status = byId.get(id)?.status;
    const decided = refuses(sha256) ? 'rejected' : 'ready';
    const expected = [decided, ...(isAcknowledged ? [] : ['expired']), ...(isDeleted ? ['deleted'] : [])];
    assert.ok(expected.includes(String(status)), `${id}: expected ${expected}; got ${status}`);
  }
  const all = new Set(records.map(({ status }) => status));
  for (const status of ['ready', 'rejected'] as const) assert.ok(all.has(status), `no image is ${status}`);
}

it('kill -9 at any moment before a gate that answers at its pleasure: each upload ends as the gate says', async () => {
  const random = createRandom(SEED);
  await using scanner = await startMoodyScanner(createRandom(SEED + 1));
  const environment = environmentOf(scanner.address);
  const picture = createPictures(random);
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    createGatedClient({ userId: `user-${index}`, random, picture }),
  );
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  const clock = movingClock();
  const openOwn = () => createTestService({ folder: join(folder.path, 'data'), environment, overrides: { clock } });

  for (let round = 1; round <= ROUNDS; round += 1) {
    const service = await startMortal(folder.path, environment);
    try {
      const work = Promise.all(clients.map((client) => client.workUntilGone(service)));
      const moment = random.chance(0.6) ? service.answered(10 + random.below(80)) : delay(random.below(2_000));
      await Promise.race([moment, work]);
      await service.kill();
      await work;
    } catch (cause) {
      throw new Error(`in round ${round} of SEED=${SEED}, where the service said: ${service.output()}`, { cause });
    } finally {
      await service.kill();
    }
    await using own = await openOwn();
    await makeDue(own, await recordsOf(own)); // the next process asks at its start
  }

  assert.ok(scanner.counts.moods > 0 && scanner.counts.verdicts > 0);
  scanner.calmDown();
  await using own = await openOwn();
  clock.offsetMs = 10 * MINUTE_MS;
  await sweepAll(own);
  const held = (await recordsOf(own)).filter(({ status }) => status === 'held');
  assert.deepEqual(held, [], 'expected that every gate has decided');
  clock.offsetMs = 10 * DAY_MS;
  await sweepAll(own);
  await requireRest(own);
  requireVerdicts(clients, await recordsOf(own));
});

it('kill -9 of APIs and workers before such a gate, beside another worker: each upload ends as the gate says', {
  skip: NO_CLOUD,
}, async () => {
  const random = createRandom(FLEET_SEED);
  await using scanner = await startMoodyScanner(createRandom(FLEET_SEED + 1));
  const gated = { ...environmentOf(scanner.address), PRESIGNED_EXPIRATION: '604800', LOG_LEVEL: 'warn' };
  await using stack = new AsyncDisposableStack();
  const fleet = stack.use(await startFleet({ services: 1, workers: 1, environment: gated }));
  const { cloud, folder, environment, services, workers } = fleet;
  const [other] = services;
  assert.ok(other);
  const own = stack.use(await joinCloud({ ...cloud, environment }));
  const picture = createPictures(random);
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    createGatedClient({ userId: `user-${index}`, random, picture }),
  );

  for (let round = 1; round <= FLEET_ROUNDS; round += 1) {
    await using mortal = await startService(environment, folder);
    await using worker = await startWorkerIn(folder, environment);
    const both = createMortalFleet({ cloud, mortal, other, random });
    try {
      const work = Promise.all(clients.map((client) => client.workUntilGone(both)));
      await Promise.race([both.answered(20 + random.below(60)), work]);
      await makeDue(own, await recordsIn(cloud));
      const sweeping = sweepAll(own); // beside the sweepers of both workers
      await using another = await startWorkerIn(folder, environment);
      await Promise.race([delay(random.below(500)), work]);
      await Promise.all([both.kill(), worker.kill(), another.kill()]);
      await sweeping;
      await Promise.race([both.answered(20), work]);
      both.end();
      await work;
    } catch (cause) {
      const said = [both, worker, ...workers].map((one) => one.output()).join('\n');
      throw new Error(`in round ${round} of SEED=${FLEET_SEED}, where the processes said: ${said}`, { cause });
    } finally {
      await both.kill();
    }
  }

  await Promise.all(workers.map((worker) => worker.stop()));
  assert.ok(scanner.counts.moods > 0 && scanner.counts.verdicts > 0);
  scanner.calmDown();
  own.clock.offsetMs = 10 * MINUTE_MS;
  await sweepAll(own);
  own.clock.offsetMs = 10 * DAY_MS;
  requireVerdicts(clients, await requireRestIn(cloud, own));
});
