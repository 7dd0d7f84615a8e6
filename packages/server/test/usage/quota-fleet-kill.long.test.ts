import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRandom } from '../chance/random.ts';
import { startFleet } from '../fleet/fleet.ts';
import { createMortalFleet } from '../fleet/mortal-fleet.ts';
import { repeatsOf } from '../repeats.ts';
import { joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { requireRest } from '../services/cloud-agreement.ts';
import { sweepAll } from '../services/record-check.ts';
import { startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import {
  createQuotaClient,
  grantInThePast,
  LIMITED,
  OWNER,
  requireExpired,
  requireSum,
  requireWorked,
  smallPictures,
  storeKept,
} from './quota-client.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('fleetQuotaKills');

const CLIENTS = 50;
const DAY_MS = 24 * 3_600_000;

const ENVIRONMENT = { ...LIMITED, LOG_LEVEL: 'warn', PRESIGNED_EXPIRATION: '604800', FINALIZE_ON_READ: 'off' };

it('kill -9 of APIs and workers while fifty clients of one owner are at its limits: the usage is the sum of what is stored', {
  skip: NO_CLOUD,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const options = { services: 1, workers: 1, environment: ENVIRONMENT };
  const { cloud, folder, environment, services, workers } = stack.use(await startFleet(options));
  const [other] = services;
  assert.ok(other);
  const own = stack.use(await joinCloud({ ...cloud, environment }));
  const random = createRandom(SEED);
  const pictures = await smallPictures(random);
  const kept = await storeKept(own, pictures);
  const ending: string[] = await grantInThePast(own, own.clock);
  const clients = Array.from({ length: CLIENTS }, () => createQuotaClient({ random, pictures, kept, ending }));

  for (let round = 1; round <= ROUNDS; round += 1) {
    await using mortal = await startService(environment, folder);
    await using worker = await startWorkerIn(folder, environment);
    const fleet = createMortalFleet({ cloud, mortal, other, random });
    try {
      const work = Promise.all(clients.map((client) => client.workUntilGone(fleet)));
      await Promise.race([fleet.answered(CLIENTS), work]);
      ending.push(...(await grantInThePast(own, own.clock)));
      await Promise.race([fleet.answered(random.below(100)), work]);
      await Promise.race([sweepAll(own), work]); // beside the sweepers of both workers
      await Promise.all([fleet.kill(), worker.kill()]);
      await Promise.race([fleet.answered(CLIENTS), work]);
      fleet.end();
      await work;
    } catch (cause) {
      const said = [fleet, worker, ...workers].map((one) => one.output()).join('\n');
      throw new Error(`in round ${round} of SEED=${SEED}, where the processes said: ${said}`, { cause });
    } finally {
      await fleet.kill();
    }
  }

  await Promise.all(workers.map((worker) => worker.stop()));
  own.clock.offsetMs = 10 * DAY_MS;
  const records = await requireRest(cloud, own);
  const used = await own.services.usage.usageOf(OWNER);
  requireSum(used, records);
  requireExpired(records, ending);
  assert.deepEqual([used.usage.pending, used.usage.reservedBytes], [0, 0]);
  requireWorked(clients);
});
