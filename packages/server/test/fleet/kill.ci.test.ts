import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createKnownImages, lookAt } from '../chance/known-images.ts';
import { createRandom, type Random } from '../chance/random.ts';
import { createUploadClient } from '../chance/upload-client.ts';
import { repeatsOf } from '../repeats.ts';
import { joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { requireRest } from '../services/cloud-agreement.ts';
import { startService } from '../services/running-service.ts';
import { createPictures } from '../uploads/upload-requests.ts';
import { startFleet } from './fleet.ts';
import { asMortal, createMortalFleet, type MortalFleet } from './mortal-fleet.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('fleetKills');

const CLIENTS = 6;
/** The answers of the other process once it is alone. */
const ALONE = 20;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** URLs that outlive all rounds. */
const ENVIRONMENT = {
  LOG_LEVEL: 'warn',
  PRESIGNED_EXPIRATION: '604800',
  FINALIZE_ON_READ: 'off',
};

/** Right after an answer, or at any time. */
const moment = (random: Random, fleet: MortalFleet): Promise<unknown> =>
  random.chance(0.6) ? fleet.answered(1 + random.below(60)) : delay(random.below(1_500));

it('kill -9 of one of two processes loses nothing that was acknowledged; the others finish its work', {
  skip: NO_CLOUD,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const { cloud, folder, environment, services, workers } = stack.use(
    await startFleet({ services: 1, workers: 1, environment: ENVIRONMENT }),
  );
  const [other] = services;
  assert.ok(other);
  const own = stack.use(await joinCloud(cloud));
  own.clock.offsetMs = 2 * MINUTE_MS; // past every lease of the dead
  const later = asMortal(cloud, own);
  const random = createRandom(SEED);
  const known = createKnownImages();
  const picture = createPictures(random);
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    createUploadClient({ userId: `user-${index}`, known, random, picture }),
  );

  for (let round = 1; round <= ROUNDS; round += 1) {
    await using mortal = await startService(environment, folder);
    const fleet = createMortalFleet({ cloud, mortal, other, random });
    try {
      const work = Promise.all(clients.map((client) => client.workUntilGone(fleet)));
      await Promise.race([moment(random, fleet), work]);
      await fleet.kill();
      await Promise.race([fleet.answered(ALONE), work]);
      fleet.end();
      await work;
      await Promise.all(clients.map((client) => client.sendAgain(later)));
      await Promise.all(known.takeTouched().map((image) => lookAt(later, image)));
    } catch (cause) {
      const said = [fleet, ...workers].map((one) => one.output()).join('\n');
      throw new Error(`in round ${round} of SEED=${SEED}, where the processes said: ${said}`, { cause });
    } finally {
      await fleet.kill();
    }
  }

  const [stopped] = await Promise.all(workers.map((worker) => worker.stop()));
  assert.equal(stopped?.exitCode, 0, stopped?.output);
  const numbers = await readdir(join(folder, 'data/processes'));
  assert.deepEqual(numbers.toSorted(), ['0', '1', '2'], 'expected a started process to reuse the number of a dead one');

  own.clock.offsetMs = 10 * DAY_MS; // URLs expire after seven days, keys after one
  known.requireRecords(await requireRest(cloud, own));
});
