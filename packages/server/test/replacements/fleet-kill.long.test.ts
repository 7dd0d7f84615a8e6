import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom } from '../chance/random.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { asMortal, createMortalFleet } from '../fleet/mortal-fleet.ts';
import { repeatsOf } from '../repeats.ts';
import { createCloud, joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { requireRest } from '../services/cloud-agreement.ts';
import { startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { addPicture, createReader, createReplacer, type ReplacedPicture, readOne } from './replacing-client.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('fleetReplaceKills');

const DAY_MS = 24 * 3_600_000;

describe('kill -9 of APIs and workers while pictures are replaced and read', { skip: NO_CLOUD }, () => {
  it('loses no bytes, mixes none and leaves none over on DynamoDB and S3', async () => {
    const random = createRandom(SEED);
    await using stack = new AsyncDisposableStack();
    const cloud = stack.use(await createCloud());
    const settings = { USAGE: 'on', PRESIGNED_EXPIRATION: '604800', LOG_LEVEL: 'warn' };
    const environment = { ...cloud.environment, ...settings };
    const own = stack.use(await joinCloud({ ...cloud, environment }));
    const fleet = stack.use(await startFleetIn(cloud, { services: 1, workers: 1, environment: settings }));
    const { folder, services, workers } = fleet;
    const [other] = services;
    assert.ok(other);
    const itself = asMortal(cloud, own);
    const alone: ReplacedPicture[] = [];
    const shared: ReplacedPicture[] = [];
    for (let nth = 0; nth < 3; nth += 1) alone.push(await addPicture(itself, random));
    for (let nth = 0; nth < 2; nth += 1) shared.push(await addPicture(itself, random));
    const replacers = [
      ...alone.map((picture) => createReplacer(random, [picture], { isAlone: true })),
      createReplacer(random, shared, { isAlone: false }),
      createReplacer(random, shared, { isAlone: false }),
    ];
    const reader = createReader(random, [...alone, ...shared]);

    for (let round = 1; round <= ROUNDS; round += 1) {
      await using mortal = await startService(environment, folder);
      await using worker = await startWorkerIn(folder, environment);
      const both = createMortalFleet({ cloud, mortal, other, random });
      try {
        const work = Promise.all([...replacers, reader].map((one) => one.workUntilGone(both)));
        await Promise.race([both.answered(40 + random.below(120)), work]);
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
    for (const picture of alone) assert.ok(await readOne(itself, picture, picture.now));
    for (const { id } of [...alone, ...shared]) await own.request(`/images/${id}/renditions`, { method: 'DELETE' });
    own.clock.offsetMs = 10 * DAY_MS; // URLs of uploads have ended
    const records = await requireRest(cloud, own);
    assert.equal(records.filter(({ status }) => status === 'ready').length, alone.length + shared.length);
    const replaced = replacers.reduce((sum, one) => sum + one.replaced, 0);
    assert.ok(replaced > ROUNDS && reader.reads > ROUNDS, `${replaced} ${reader.reads}`);
  });
});
