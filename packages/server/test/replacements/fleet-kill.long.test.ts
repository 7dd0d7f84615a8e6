import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from '../chance/random.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { asMortal, createMortalFleet } from '../fleet/mortal-fleet.ts';
import { credentialOf, makeDue, withHeaders } from '../gates/gated-mortal.ts';
import { createModerator } from '../gates/moderator.ts';
import { startMoodyReceiver } from '../gates/moody-receiver.ts';
import { repeatsOf } from '../repeats.ts';
import { createCloud, joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { keysIn, recordsIn, requireRest } from '../services/cloud-agreement.ts';
import { sweepAll } from '../services/record-check.ts';
import { startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { createReplacing, requireOwnRenditions } from './replacing.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('fleetReplaceKills');
const REPLACEMENTS = 500;

const DAY_MS = 24 * 3_600_000;

describe('kill -9 of APIs and workers before a gate, while pictures are replaced and read in every way', {
  skip: NO_CLOUD,
}, () => {
  for (const bytes of ['stream', 'redirect'])
    it(`BYTES=${bytes}: loses no bytes, mixes none and leaves none over on DynamoDB and S3`, {
      timeout: 1_800_000,
    }, async (test) => {
      const random = createRandom(SEED);
      await using gate = await startMoodyReceiver(createRandom(SEED + 1));
      await using stack = new AsyncDisposableStack();
      const cloud = stack.use(await createCloud());
      const own = { USAGE: 'on', BYTES: bytes, PRESIGNED_EXPIRATION: '604800', LOG_LEVEL: 'warn' };
      const settings = { ...gate.environment, ...own };
      const environment = { ...cloud.environment, ...settings };
      const joined = stack.use(await joinCloud({ ...cloud, environment }));
      const headers = await credentialOf(joined, environment);
      const fleet = stack.use(await startFleetIn(cloud, { services: 1, workers: 1, environment: settings }));
      const { folder, services, workers } = fleet;
      const [other] = services;
      assert.ok(other);
      const itself = withHeaders(asMortal(cloud, joined), headers);
      const replacing = createReplacing(random, gate);
      await replacing.begin(itself);
      const moderator = createModerator(gate);

      for (let round = 1; round <= ROUNDS || replacing.counts().replaced < REPLACEMENTS; round += 1) {
        await using mortal = await startService(environment, folder);
        await using worker = await startWorkerIn(folder, environment);
        const both = createMortalFleet({ cloud, mortal, other, random, headers });
        try {
          const work = Promise.all([...replacing.clients(), moderator].map((one) => one.workUntilGone(both)));
          const moment = random.chance(0.8) ? replacing.ended(5 + random.below(40)) : delay(random.below(2_000));
          await Promise.race([moment, work]);
          await makeDue(joined, await recordsIn(cloud));
          await Promise.all([both.kill(), worker.kill()]);
          await Promise.race([both.answered(20), work]);
          both.end();
          await work;
        } catch (cause) {
          const said = [both, worker, ...workers].map((one) => one.output()).join('\n');
          throw new Error(`in round ${round} of SEED=${SEED}, where the processes said: ${said}`, { cause });
        } finally {
          await both.kill();
        }
      }

      await Promise.all(workers.map((worker) => worker.stop()));
      gate.calmDown();
      await moderator.sendAll(itself);
      await makeDue(joined, await recordsIn(cloud));
      for (const days of [0, 0.01, 0.02, 3]) {
        joined.clock.offsetMs = days * DAY_MS;
        await sweepAll(joined);
      }
      await replacing.requireBytes(itself);
      requireOwnRenditions(await keysIn(cloud), await recordsIn(cloud));
      await replacing.removeRenditions(itself);
      joined.clock.offsetMs = 10 * DAY_MS; // URLs of uploads have ended
      const records = await requireRest(cloud, joined);
      assert.equal(records.filter(({ status }) => status === 'ready').length, replacing.pictures().length);
      test.diagnostic(JSON.stringify({ ...replacing.counts(), gate: Object.fromEntries(gate.counts) }));
      replacing.requireWork();
    });
});
