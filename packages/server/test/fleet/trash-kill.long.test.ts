// In the long tier: CI has the same kills and races on one process, and those of uploads and changes on a fleet.
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from '../chance/random.ts';
import { createTrashClient } from '../chance/trash-client.ts';
import { repeatsOf } from '../repeats.ts';
import { joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { requireRest } from '../services/cloud-agreement.ts';
import { startService } from '../services/running-service.ts';
import { createPictures } from '../uploads/upload-requests.ts';
import { startFleet } from './fleet.ts';
import { asMortal, createMortalFleet } from './mortal-fleet.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('fleetTrashKills');

const CLIENTS = 4;
/** The answers of the other process once it is alone. */
const ALONE = 20;
const DAY_MS = 24 * 3_600_000;

const ENVIRONMENT = { LOG_LEVEL: 'warn', FINALIZE_ON_READ: 'off' };

it('kill -9 of one of two processes during trashes, restores and deletes loses no image and no acknowledgement', {
  skip: NO_CLOUD,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const { cloud, folder, environment, services } = stack.use(
    await startFleet({ services: 1, workers: 0, environment: ENVIRONMENT }),
  );
  const [other] = services;
  if (!other) throw new Error('expected a process');
  const own = stack.use(await joinCloud(cloud));
  const later = asMortal(cloud, own);
  const random = createRandom(SEED);
  const picture = createPictures(random);
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    createTrashClient({ userId: `user-${index}`, random, picture }),
  );
  for (let round = 1; round <= ROUNDS; round += 1) {
    await using mortal = await startService(environment, folder);
    const fleet = createMortalFleet({ cloud, mortal, other, random });
    try {
      const work = Promise.all(clients.map((client) => client.workUntilGone(fleet)));
      const moment = random.chance(0.7) ? fleet.answered(1 + random.below(60)) : delay(random.below(1_000));
      await Promise.race([moment, work]);
      await fleet.kill();
      await Promise.race([fleet.answered(ALONE), work]);
      fleet.end();
      await work;
      await Promise.all(clients.map((client) => client.lookAtAll(later)));
    } catch (cause) {
      throw new Error(`in round ${round} of SEED=${SEED}, where the processes said: ${fleet.output()}`, { cause });
    } finally {
      await fleet.kill();
    }
  }
  await requireRest(cloud, own);
  own.clock.offsetMs = 31 * DAY_MS; // past every time in the trash
  await requireRest(cloud, own);
});
