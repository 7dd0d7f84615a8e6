import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { createRandom } from '../../../../test/chance/random.ts';
import { AppError } from '../../../domain/errors.ts';
import { openPostgres } from '../../postgres/database.ts';
import { holdTransaction, untilWaiting } from '../../postgres/lock-waits.fixture.ts';
import { createPostgresEventLog } from './postgres.ts';
import { createPostgresLogHarness, newImageIn } from './postgres-log-harness.fixture.ts';

type Harness = Awaited<ReturnType<typeof createPostgresLogHarness>>;

const SEED = 20_261_202;
const WRITERS = 8;
const LOOKS = 60;
const BROKEN = new AppError('forbidden', 'it is rolled back');

describe('the numbers of events in PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const create = (options = {}) => createPostgresLogHarness(server.postgres, options);

  it('follow the ends of transactions: one that began first and is slower has the later number', async () => {
    await using harness = await create();
    const { postgres, events } = harness;
    const [slow, quick] = [newImageIn(3), newImageIn(3)];
    await using writer = holdTransaction(harness.postgres, async (transaction, begun) => {
      await transaction.rows('SELECT pg_current_xact_id()::text');
      await begun();
      events.changed(transaction, undefined, slow);
    });
    await writer.isHeld;
    await postgres.transaction(async (transaction) => events.changed(transaction, undefined, quick));
    assert.deepEqual(await imagesOf(harness, 3), [quick.id]);
    await writer.end();
    assert.deepEqual(await imagesOf(harness, 3), [quick.id, slow.id]);
  });

  for (const outcome of ['commits', 'is undone'] as const)
    it(`are taken until the transaction ends: while one has its number, the next waits, and it ${outcome}`, async () => {
      await using harness = await create();
      const { postgres, events, log } = harness;
      const [first, next, other] = [newImageIn(3), newImageIn(3), newImageIn(4)];
      await using writer = holdTransaction(harness.postgres, async (transaction, begun) => {
        events.changed(transaction, undefined, first);
        await transaction.rows('SELECT 1');
        await begun();
        if (outcome === 'is undone') throw BROKEN;
      });
      await writer.isHeld;
      const waiting = postgres.transaction(async (transaction) => events.changed(transaction, undefined, next));
      await untilWaiting(postgres, 1);
      await postgres.transaction(async (transaction) => events.changed(transaction, undefined, other));
      const { sequences } = await log.head();
      assert.deepEqual([sequences[3], sequences[4]], [0, 1], 'writers of other shards wait for none');
      await (outcome === 'commits' ? writer.end() : assert.rejects(writer.end(), BROKEN));
      await waiting;
      assert.deepEqual(await imagesOf(harness, 3), outcome === 'commits' ? [first.id, next.id] : [next.id]);
      assert.equal((await log.head()).sequences[3], outcome === 'commits' ? 2 : 1, 'there is no hole');
    });

  it(`never appear below one that a reader has seen, beside ${WRITERS} writers of which some are undone`, async () => {
    const shards = [3, 4];
    await using harness = await create({ connections: WRITERS / 2 });
    await using elsewhere = openPostgres({ url: harness.url, connections: WRITERS / 2, prepares: true });
    await using apart = openPostgres({ url: harness.url, connections: 2, prepares: true });
    const log = createPostgresEventLog(apart);
    const random = createRandom(SEED);
    let [committed, looks] = [0, 0];
    const pause = async (turns: number) => {
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    };

    const writer = async (nth: number): Promise<void> => {
      const postgres = nth % 2 ? harness.postgres : elsewhere;
      while (looks < LOOKS) {
        const image = newImageIn(random.pick(shards));
        const [before, after, isUndone] = [random.below(20), random.below(5), random.chance(0.2)];
        const written = postgres.transaction(async (transaction) => {
          await transaction.change('INSERT INTO written_images VALUES ($1, $2, 1)', [image.id, image.status]);
          await pause(before);
          harness.events.changed(transaction, undefined, image);
          await pause(after);
          if (isUndone) throw BROKEN;
        });
        if (isUndone) await assert.rejects(written, BROKEN);
        else await written;
        if (!isUndone) committed += 1;
      }
    };

    const seen = new Map(shards.map((shard) => [shard, 0]));
    const look = async (): Promise<void> => {
      for (const [shard, count, highest] of await apart.rows(VISIBLE))
        assert.equal(count, highest, `expected no number to be missing in shard ${shard}`);
      const { sequences } = await log.head();
      for (const [shard, last] of seen) {
        const until = sequences[shard] ?? 0;
        const { events } = await log.read({ shard, after: last, until, limit: 1_000 });
        const expected = Array.from({ length: until - last }, (_, nth) => last + 1 + nth);
        assert.deepEqual(
          events.map(({ sequence }) => sequence),
          expected,
        );
        seen.set(shard, until);
      }
      looks += 1;
    };
    const reader = async (): Promise<void> => {
      while (looks < LOOKS) await look();
    };

    const reading = reader().finally(() => {
      looks = LOOKS;
    });
    await Promise.all([...Array.from({ length: WRITERS }, (_, nth) => writer(nth)), reading]);
    await look();
    assert.equal(
      seen.values().reduce((sum, last) => sum + last, 0),
      committed,
    );
    assert.ok(committed > 0);
  });
});

const VISIBLE = 'SELECT shard, count(*), max(sequence) FROM events GROUP BY shard';

async function imagesOf({ log }: Harness, shard: number): Promise<readonly string[]> {
  const until = (await log.head()).sequences[shard] ?? 0;
  return (await log.read({ shard, after: 0, until, limit: 9 })).events.map(({ imageId }) => imageId);
}
