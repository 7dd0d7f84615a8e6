import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createRandom } from '../../../../test/chance/random.ts';
import { repeatsOf } from '../../../../test/repeats.ts';
import { createShard, logIn, moveAll } from './shard.fixture.ts';
import { createTurns, DIED, type Fate } from './turns.fixture.ts';

const WRITERS = 4;
const MOVERS = 3;
/** The probability that a mover dies at one of its calls. */
const DEATHS = 0.03;

/** All calls of some writers, movers and readers, in any order: movers die, and wait for as long as others take. */
describe('the log of events, in any order of its calls', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const { count, seed } = repeatsOf('eventInterleavings');
  for (let nth = 0; nth < count; nth += 1) {
    it(`loses, repeats and reorders nothing, and changes nothing that was read (seed ${seed + nth})`, async () => {
      const random = createRandom(seed + nth);
      const shard = await createShard(server.dynamo);
      await using _ = shard.storage;
      const turns = createTurns();
      let writing = WRITERS;
      const writers = Array.from({ length: WRITERS }, async (_, writer) => {
        const by = turns.tableOf(`writer ${writer}`, shard.table);
        for (let image = 0; image < 2; image += 1) await shard.live(by, { userId: `user ${writer % 2}` });
        writing -= 1;
      });
      const movers = Array.from({ length: MOVERS }, async (_, mover) => {
        for (;;) {
          const log = logIn(turns.tableOf(`mover ${mover}`, shard.table));
          try {
            do await moveAll(log);
            while (writing > 0);
            return;
          } catch (error) {
            if (!(error instanceof Error && error.message === DIED)) throw error;
          }
        }
      });
      const reader = (async () => {
        const log = logIn(turns.tableOf('reader', shard.table));
        while (writing > 0) await shard.look(log);
      })();
      /** Some are slow for a while. */
      let slow = '';
      await turns.play([...writers, ...movers, reader], (all) => {
        if (random.chance(0.03)) slow = random.chance(0.5) ? '' : `mover ${random.below(MOVERS)}`;
        const quick = all.flatMap(({ actor }, index) => (actor === slow ? [] : [index]));
        if (all.length === 0) return undefined;
        const index = quick[random.below(quick.length)] ?? random.below(all.length);
        const dies = all[index]?.actor.startsWith('mover') && random.chance(DEATHS);
        const fate: Fate = dies ? random.pick(['dies-before', 'dies-after']) : 'runs';
        return [index, fate];
      });
      await moveAll(shard.log);
      await shard.requireAll();
      assert.equal((await shard.look()).length, WRITERS * 2 * 6);
    });
  }
});
