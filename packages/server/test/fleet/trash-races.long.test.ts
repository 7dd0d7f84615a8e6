// In the long tier: CI has the same kills and races on one process, and those of uploads and changes on a fleet.
import { describe, it } from 'node:test';
import { TRASH_RACES, type TrashRace } from '../chance/trash-races.ts';
import { repeatsOf } from '../repeats.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { createFleetRace } from './racing.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('fleetRaces');

describe('the trash of two processes that answer and one that sweeps', { skip: NO_CLOUD }, () => {
  for (const [name, once] of Object.entries(TRASH_RACES)) {
    it(name, async () => {
      await using race = await createFleetRace(SEED);
      const trashRace: TrashRace = {
        ...race,
        clock: race.own.clock,
        async arrived(fields) {
          const granted = await race.grant(fields);
          await race.put(granted, (await race.picture('image/png')).bytes);
          return granted.image_id;
        },
      };
      for (let round = 1; round <= ROUNDS; round += 1) {
        await once(trashRace).catch((cause) => {
          throw new Error(`in round ${round} of SEED=${SEED}`, { cause });
        });
      }
      await race.requireRest();
    });
  }
});
