import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createShard, logIn, moveAll } from './shard.fixture.ts';
import { createTurns, type Turn } from './turns.fixture.ts';

describe('a mover of the outbox', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('publishes each event once, for all and for its owner', async () => {
    const shard = await createShard(server.dynamo);
    await using _ = shard.storage;
    await shard.live(shard.table);
    await shard.live(shard.table, { userId: 'eve' });
    assert.deepEqual(await shard.look(), []);
    await moveAll(shard.log);
    await shard.requireAll();
    assert.equal((await shard.look()).length, 12);
  });

  it('loses and repeats nothing if it is frozen before any of its calls, while another one works, and goes on later', async () => {
    const steps: string[] = [];
    for (let frozenAt = 0; frozenAt === 0 || frozenAt < steps.length; frozenAt += 1) {
      const isThird =
        frozenAt > 1 && steps[frozenAt] === steps[frozenAt - 1] && steps[frozenAt] === steps[frozenAt - 2];
      if (isThird) continue; // of equal steps
      const shard = await createShard(server.dynamo);
      await using _ = shard.storage;
      await shard.live(shard.table, { changes: 3 });
      const turns = createTurns();
      let nth = 0;
      const isFrozen = ({ actor }: Turn): boolean => actor === 'frozen' && nth >= frozenAt && frozenAt > 0;
      const isThawed = Promise.withResolvers<void>();
      let thawed = false;
      const frozen = moveAll(logIn(turns.tableOf('frozen', shard.table)));
      const others = (async () => {
        if (frozenAt === 0) return;
        await isThawed.promise;
        await moveAll(shard.log);
        await shard.requireAll();
        await shard.live(shard.table, { userId: 'eve', changes: 0 });
        await moveAll(shard.log);
        await shard.requireAll();
        thawed = true;
      })();
      await turns.play([frozen, others], (waiting) => {
        const index = waiting.findIndex((turn) => thawed || !isFrozen(turn));
        if (index === -1) isThawed.resolve();
        if (index === -1) return undefined;
        nth += 1;
        if (frozenAt === 0) steps.push(waiting[index]?.call ?? '');
        return [index, 'runs'];
      });
      await shard.requireAll();
    }
    assert.ok(steps.length > 20, `expected a mover of more than 20 calls; got ${steps.length}`);
  });
});
