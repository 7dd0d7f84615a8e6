import { describe, it } from 'node:test';
import { repeatsOf } from '../repeats.ts';
import { createRace } from './racing.ts';
import { TRASH_RACES, type TrashRace } from './trash-races.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('races');

describe('the trash of one process', () => {
  for (const [name, once] of Object.entries(TRASH_RACES)) {
    it(name, async () => {
      await using race = await createRace(SEED);
      const trashRace: TrashRace = {
        ...race,
        async arrived(fields) {
          const { image_id: id } = await race.grant(fields);
          await race.leave(id, (await race.picture('image/png')).bytes);
          return id;
        },
        record: async (id) => race.requireStored((await race.record(id as Parameters<typeof race.record>[0])).id),
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
