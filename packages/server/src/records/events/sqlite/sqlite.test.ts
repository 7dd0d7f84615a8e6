import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleDetails } from '../../../domain/facts/facts.fixture.ts';
import { scheduleMaintenance, trash } from '../../../domain/image/image.ts';
import { addReady, NOW, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { allRows } from '../../sqlite/rows.ts';
import { describeEventLog } from '../event-log.contract.ts';
import { createSqliteEventLog } from './sqlite.ts';
import { createSqliteLogHarness } from './sqlite-log-harness.fixture.ts';

const DAY_MS = 86_400_000;
const later = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);

describeEventLog('SQLite', createSqliteLogHarness);

type Harness = Awaited<ReturnType<typeof createSqliteLogHarness>>;

const typesIn = async ({ log }: Pick<Harness, 'log'>): Promise<readonly string[]> => {
  const { sequences, forgotten } = await log.head();
  const [until = assert.fail(), after = assert.fail()] = [sequences[0], forgotten[0]];
  return (await log.read({ shard: 0, after, until, limit: 1_000 })).events.map(({ type }) => type);
};

const countOf = ({ database }: Pick<Harness, 'database'>): number =>
  Number(allRows(database.prepare('SELECT count(*) FROM events'), [])[0]?.[0]);

/** Entries of one user, all logged at that time. */
function addEntries({ database }: Harness, count: number, at: Date): void {
  database.exec(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
    INSERT INTO events (type, image_id, user_id, revision, status, changed, at, logged_at)
    SELECT 'image.ready', '0198f0a0-0000-7000-8000-000000000001', 'bob', n, 'ready', '', 0, ${at.getTime()} FROM numbers;
  `);
}

describe('a log in SQLite', () => {
  it('goes on when the service starts again', async () => {
    await using harness = await createSqliteLogHarness();
    await addReady(harness.images);
    const before = await harness.log.head();
    await harness.log.begin('fedcba9876543210');
    assert.deepEqual(await harness.log.head(), before);
    assert.deepEqual(await typesIn(harness), ['image.ready']);
  });

  it('ends with the first change that has an event and is not logged, and another one begins behind it', async () => {
    await using harness = await createSqliteLogHarness();
    const { images, unlogged, log } = harness;
    const ready = await addReady(images);
    const before = await log.head();
    await unlogged.create(samplePending());
    await unlogged.replace(ready, scheduleMaintenance(ready, later(1)));
    assert.deepEqual(await log.head(), before, 'a change without an event leaves nothing out');

    await addReady(unlogged);
    await assert.rejects(log.head(), /expected a log of events; got .*EVENTS=on/);
    assert.deepEqual((await log.read({ shard: 0, after: 0, until: 99, limit: 10 })).events, []);
    await addReady(images);
    assert.equal(countOf(harness), 1, 'nothing is logged where no log is');

    await log.begin('fedcba9876543210');
    const { log: id, sequences, forgotten } = await log.head();
    assert.deepEqual([id, sequences, forgotten], ['fedcba9876543210', before.sequences, before.sequences]);
    assert.deepEqual((await log.read({ shard: 0, after: 0, until: 99, limit: 10 })).events, []);
    const other = await addReady(images);
    await images.replace(other, trash(other, NOW, NOW));
    assert.deepEqual(await typesIn(harness), ['image.ready', 'image.trashed']);
    assert.equal(countOf(harness), 3);
    await log.forget(later(-1), later(2));
    assert.equal(countOf(harness), 2, 'entries of an earlier log are removed whatever their age');
  });

  it('ends with an unlogged change that only its write names', async () => {
    await using harness = await createSqliteLogHarness();
    const { images, unlogged, log } = harness;
    const ready = await addReady(images);
    const moved = { ...ready, hasDetails: true, revision: ready.revision + 1 };
    assert.equal(await unlogged.replace(ready, moved, { details: sampleDetails, changedDetails: ['position'] }), true);
    await assert.rejects(log.head(), /expected a log of events; got .*EVENTS=on/);
  });

  it('removes old entries in short transactions, and a bounded number in a round', async () => {
    await using harness = await createSqliteLogHarness();
    addEntries(harness, 50_700, NOW);
    await harness.log.forget(later(1), later(2));
    assert.equal(countOf(harness), 700);
    assert.deepEqual((await harness.log.head()).forgotten, [50_000]);
    const changes = harness.database.prepare('SELECT total_changes()');
    const changed = (): number => Number(allRows(changes, [])[0]?.[0]);
    const before = changed();
    let longest = 0;
    await using writes = createGroupCommit(harness.database);
    const watched = createSqliteEventLog(harness.database, {
      ...writes,
      write: (work) =>
        writes.write(() => {
          const start = changed();
          const result = work();
          longest = Math.max(longest, changed() - start);
          return result;
        }),
    });
    await watched.forget(later(1), later(2));
    assert.equal(countOf(harness), 0);
    assert.ok(longest <= 501 && changed() - before >= 700, `expected at most 501 rows at once; got ${longest}`);
    addEntries(harness, 1_200, NOW);
    longest = 0;
    assert.equal(await watched.eraseUser('bob'), 1_200);
    assert.ok(longest <= 500);
  });

  it('goes on removing behind entries of a clock that was ahead, but not by a clock that is behind', async () => {
    await using harness = await createSqliteLogHarness();
    const { log } = harness;
    for (const at of [NOW, later(400), NOW, later(401)]) addEntries(harness, 600, at);
    addEntries(harness, 1, later(9));
    await log.forget(later(-20), later(-12));
    assert.equal(countOf(harness), 2_401, 'nothing is old');
    await log.forget(later(1), later(9));
    assert.equal(countOf(harness), 1);
    addEntries(harness, 5, later(10));
    addEntries(harness, 1, later(400));
    await log.forget(later(2), later(10));
    assert.equal(countOf(harness), 7, 'the newest may be right');
  });

  it('has one entry of each write of a batch of which one fails', async () => {
    await using harness = await createSqliteLogHarness();
    const { images } = harness;
    const pendings = Array.from({ length: 3 }, () => samplePending());
    for (const one of pendings) await images.create(one);
    // node:sqlite refuses an object as a value, while the batch is written.
    const broken = { ...samplePublished(pendings[1] ?? assert.fail()), width: {} as unknown as number };
    const outcomes = await Promise.allSettled(
      pendings.map((one, n) => images.replace(one, n === 1 ? broken : samplePublished(one))),
    );
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(await typesIn(harness), ['image.ready', 'image.ready']);
  });

  it('reads the events of an owner at the cost of these alone', async () => {
    await using harness = await createSqliteLogHarness();
    const plan = harness.database.prepare(
      'EXPLAIN QUERY PLAN SELECT type FROM events WHERE user_id = ? AND sequence > ? AND sequence <= ? ORDER BY sequence',
    );
    const steps = allRows(plan, ['ada', 0, 9]).map((row) => String(row.at(-1)));
    assert.deepEqual(steps, ['SEARCH events USING INDEX events_of_user (user_id=? AND rowid>? AND rowid<?)']);
  });
});
