import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { DEAD_LETTER_DAYS } from '../dead-letter.ts';
import { describeJobQueue } from '../job-queue.contract.ts';
import { type JobQueue, LEASE_SECONDS, MAX_ATTEMPTS } from '../job-queue.ts';
import { assertNothing, NEVER, take, takeOne } from '../job-queue-harness.fixture.ts';
import { imageIdsOf, sampleJob, sendJobs } from '../sample-job.fixture.ts';
import { createPostgresHarness, LOOK, openAnother, type PostgresHarness } from './postgres-harness.fixture.ts';

const AN_HOUR = 3_600;
const A_SECOND = 1;

describe('the PostgreSQL job queue', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeJobQueue('PostgreSQL', () => createPostgresHarness(server.postgres));

  const look = (jobs: JobQueue) => jobs.receive({ limit: 1, waitSeconds: 0, signal: NEVER });

  it('delivers each of 200 jobs to one of ten processes, once', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    const sent = await sendJobs(harness.jobs, 200);
    const received: string[] = [];
    const stop = new AbortController();
    const receive = async () => {
      await using process = openAnother(harness.url);
      for (;;) {
        const deliveries = await process.jobs.receive({ limit: 10, waitSeconds: 20, signal: stop.signal });
        assert.ok(deliveries.every(({ attempt }) => attempt === 1));
        received.push(...imageIdsOf(deliveries));
        if (received.length >= sent.length) stop.abort();
        if (stop.signal.aborted) return;
      }
    };
    await Promise.all(Array.from({ length: 10 }, receive));
    assert.deepEqual(received.toSorted(), sent.map(({ imageId }) => imageId).toSorted());
    await assertNothing(harness.jobs);
  });

  it('delivers jobs in order of their due time', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    const last = sampleJob();
    await harness.jobs.send(last, { delaySeconds: 10 });
    const first = await sendJobs(harness.jobs, 12);
    await harness.pass(10);
    const received = [...(await take(harness.jobs, 7)), ...(await take(harness.jobs, 7))];
    assert.deepEqual(
      received.map(({ job }) => job),
      [...first, last],
    );
  });

  it('adds the jobs of one moment by one statement', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    await using process = openAnother(harness.url);
    const { jobs, answered } = process;
    const sent = await sendJobs(jobs, 100);
    assert.equal(answered.count('INSERT INTO jobs'), 1);
    assert.deepEqual(
      (await take(harness.jobs)).map(({ job }) => job),
      sent.slice(0, 10),
    );
  });

  it('takes jobs, and says that there are none, by one statement', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    await using process = openAnother(harness.url);
    const { jobs, answered } = process;
    const [job] = await sendJobs(harness.jobs, 1);
    const [delivery] = await look(jobs);
    assert.deepEqual(delivery?.job, job);
    assert.deepEqual(await look(jobs), []);
    assert.equal(answered.count(''), 2);
  });

  it('gives a job back that a receiver took after its signal was aborted', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    await using process = openAnother(harness.url);
    const { jobs, answered } = process;
    const [job] = await sendJobs(harness.jobs, 1);
    const stop = new AbortController();
    answered.beforeNext(LOOK, () => stop.abort());
    assert.deepEqual(await jobs.receive({ limit: 1, waitSeconds: 20, signal: stop.signal }), []);
    const [delivery] = await look(harness.jobs);
    assert.deepEqual([delivery?.job, delivery?.attempt], [job, 1]);
  });

  describe('a receiver whose connection dies', () => {
    const killAll = (harness: PostgresHarness) =>
      harness.postgres.rows(
        'SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );

    it('lets the job come again after its lease, and still finishes it before', async () => {
      await using harness = await createPostgresHarness(server.postgres);
      const [job] = await sendJobs(harness.jobs, 1);
      await using process = openAnother(harness.url);
      const delivery = await takeOne(process.jobs);
      await killAll(harness);
      await assertNothing(harness.jobs);
      await harness.pass(LEASE_SECONDS);
      const again = await takeOne(harness.jobs);
      assert.deepEqual([again.job, again.attempt], [job, 2]);
      await delivery.finish(); // of no effect
      await harness.pass(LEASE_SECONDS);
      const last = await takeOne(harness.jobs);
      assert.equal(last.attempt, 3);
      await killAll(harness);
      await last.finish();
      await harness.pass(LEASE_SECONDS);
      await assertNothing(harness.jobs);
    });

    it('has taken nothing if it dies before the commit', async () => {
      await using harness = await createPostgresHarness(server.postgres);
      const [job] = await sendJobs(harness.jobs, 1);
      await using process = openAnother(harness.url);
      await harness.postgres.transaction(async (transaction) => {
        await transaction.change('LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE');
        const refused = assert.rejects(look(process.jobs), { code: 'unavailable' });
        const killWaiting =
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while ((await harness.postgres.rows(killWaiting)).length === 0) await delay(20);
        await refused;
      });
      const delivery = await takeOne(harness.jobs);
      assert.deepEqual([delivery.job, delivery.attempt], [job, 1]);
    });
  });

  describe('dead letters', () => {
    it('are the bodies of unreadable messages, of several at once', async () => {
      await using harness = await createPostgresHarness(server.postgres);
      const bodies = Array.from({ length: 25 }, (_, n) => `body ${n} \u0000 ' " \\ {}, ä`);
      for (const body of bodies) await harness.sendBody(body);
      const [job] = await sendJobs(harness.jobs, 1);
      assert.deepEqual((await takeOne(harness.jobs)).job, job);
      const letters = await harness.deadLetters();
      assert.deepEqual(letters.map((letter) => letter.job).toSorted(), bodies.toSorted());
      assert.equal(await harness.jobs.countDeadLetters(), 25);
    });

    it(`are kept for ${DEAD_LETTER_DAYS} days, until another one is added`, async () => {
      await using harness = await createPostgresHarness(server.postgres);
      const die = async (body: string) => {
        await harness.sendBody(body);
        await assertNothing(harness.jobs);
      };
      const bodies = async () => (await harness.deadLetters()).map(({ job }) => job);
      await die('first');
      await harness.pass(DEAD_LETTER_DAYS * 24 * AN_HOUR - 10 * A_SECOND); // real time passes, too
      await die('second');
      assert.deepEqual(await bodies(), ['first', 'second']);
      await harness.pass(10 * A_SECOND);
      assert.equal(await harness.jobs.countDeadLetters(), 1);
      await die('third');
      assert.deepEqual(await bodies(), ['second', 'third']);
    });

    it('never include a job of another version, however often it was received', async () => {
      await using harness = await createPostgresHarness(server.postgres);
      await harness.sendBody('{"kind":"repaint","id":"1"}');
      for (let receptions = 0; receptions <= MAX_ATTEMPTS; receptions += 1) {
        await assertNothing(harness.jobs);
        await harness.pastPause();
      }
      assert.equal(harness.events.length, MAX_ATTEMPTS + 1);
      assert.deepEqual(await harness.deadLetters(), []);
    });
  });

  describe('when the clock of the database jumps', () => {
    it('an hour ahead, delivers delayed and held jobs early, and loses none', async () => {
      await using harness = await createPostgresHarness(server.postgres);
      const [held] = await sendJobs(harness.jobs, 1);
      await takeOne(harness.jobs);
      const delayed = sampleJob();
      await harness.jobs.send(delayed, { delaySeconds: 900 });
      await harness.pass(AN_HOUR);
      const received = await take(harness.jobs);
      assert.deepEqual(
        received.map(({ job, attempt }) => [job, attempt]),
        [
          [held, 2],
          [delayed, 1],
        ],
      );
    });

    it('ten years back, delivers all jobs at once, and holds none for the time of the jump', async () => {
      await using harness = await createPostgresHarness(server.postgres);
      const [held, waiting] = await sendJobs(harness.jobs, 2);
      await takeOne(harness.jobs);
      await harness.pass(-87_600 * AN_HOUR);
      const [later] = await sendJobs(harness.jobs, 1);
      const received = [...(await take(harness.jobs, 2)), await takeOne(harness.jobs)];
      assert.deepEqual(
        received.map(({ job, attempt }) => [job, attempt]),
        [
          [later, 1],
          [waiting, 1],
          [held, 2],
        ],
      );
      await assertNothing(harness.jobs);
    });

    it('a minute back, delivers no job before its delay has passed', async () => {
      await using harness = await createPostgresHarness(server.postgres);
      await harness.jobs.send(sampleJob(), { delaySeconds: 900 });
      await harness.pass(-60);
      await assertNothing(harness.jobs);
    });
  });
});
