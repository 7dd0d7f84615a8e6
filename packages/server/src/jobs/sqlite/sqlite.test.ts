import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AppError } from '../../domain/errors.ts';
import { moduleUrl, startHolder } from '../../records/sqlite/holding-process.fixture.ts';
import { firstRow } from '../../records/sqlite/rows.ts';
import { DEAD_LETTER_DAYS } from '../dead-letter.ts';
import { describeJobQueue } from '../job-queue.contract.ts';
import { LEASE_SECONDS, MAX_ATTEMPTS } from '../job-queue.ts';
import { assertNothing, NEVER, take, takeOne } from '../job-queue-harness.fixture.ts';
import { sampleJob, sendJobs } from '../sample-job.fixture.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

const A_MILLISECOND = 0.001;
const AN_HOUR = 3_600;

describeJobQueue('SQLite', () => createSqliteHarness());

describe('the SQLite job queue', () => {
  it('keeps the jobs that a killed process sent, and redelivers the job it held after its lease', async () => {
    await using harness = await createSqliteHarness();
    const [sent, held] = [sampleJob(), sampleJob()];
    await using worker = await startHolder(`
      import { openDatabase } from ${moduleUrl('./database.ts')};
      import { createGroupCommit } from ${moduleUrl('./group-commit.ts')};
      import { createSqliteJobQueue } from ${moduleUrl('../../jobs/sqlite/sqlite.ts')};
      import { JOB_CODEC as codec } from ${moduleUrl('../../run/jobs.ts')};
      import { MIGRATIONS } from ${moduleUrl('./schema.ts')};
      const database = openDatabase(${JSON.stringify(harness.folder)}, MIGRATIONS);
      const now = new Date(${harness.clock.now().getTime()});
      const jobs = createSqliteJobQueue(database, createGroupCommit(database), { codec, clock: { now: () => now } });
      await jobs.send(${JSON.stringify(held)});
      await jobs.receive({ limit: 1, waitSeconds: 0, signal: AbortSignal.timeout(60_000) });
      await jobs.send(${JSON.stringify(sent)});
    `);
    await worker.kill();
    const first = await take(harness.jobs);
    assert.deepEqual(
      first.map(({ job, attempt }) => [job, attempt]),
      [[sent, 1]],
    );
    await harness.pass(LEASE_SECONDS);
    const second = await take(harness.jobs);
    assert.deepEqual(
      second.map(({ job, attempt }) => [job, attempt]),
      [
        [held, 2],
        [sent, 2],
      ],
    );
  });

  it('delivers jobs in order of their due time', async () => {
    await using harness = await createSqliteHarness();
    const [last, first, second] = [sampleJob(), sampleJob(), sampleJob()];
    await harness.jobs.send(last, { delaySeconds: 10 });
    await harness.jobs.send(first);
    await harness.jobs.send(second);
    await harness.pass(10);
    const received = [...(await take(harness.jobs, 2)), ...(await take(harness.jobs, 2))];
    assert.deepEqual(
      received.map(({ job }) => job),
      [first, second, last],
    );
  });

  it('keeps a job for its lease and its delay, to the millisecond', async () => {
    await using harness = await createSqliteHarness();
    await harness.jobs.send(sampleJob(), { delaySeconds: 900 });
    await harness.pass(900 - A_MILLISECOND);
    await assertNothing(harness.jobs);
    await harness.pass(A_MILLISECOND);
    await takeOne(harness.jobs);
    await harness.pass(LEASE_SECONDS - A_MILLISECOND);
    await assertNothing(harness.jobs);
    await harness.pass(A_MILLISECOND);
    assert.equal((await takeOne(harness.jobs)).attempt, 2);
  });

  for (const [random, share] of [
    [0, 1],
    [0.5, 0.75],
    [1, 0.5],
  ] as const) {
    it(`backs off by ${share} of 1, 2, 4 ... 900 s if the random number is ${random}`, async () => {
      await using harness = await createSqliteHarness({ random: () => random });
      await harness.jobs.send(sampleJob());
      for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
        await (await takeOne(harness.jobs)).retry('again');
        const seconds = share * Math.min(2 ** (attempt - 1), 900);
        await harness.pass(seconds - A_MILLISECOND);
        await assertNothing(harness.jobs);
        await harness.pass(A_MILLISECOND);
      }
      assert.equal((await takeOne(harness.jobs)).attempt, MAX_ATTEMPTS);
    });
  }

  it('keeps the bodies of unreadable messages as dead letters', async () => {
    await using harness = await createSqliteHarness();
    for (let count = 0; count < 25; count += 1) await harness.sendBody(`body ${count}`);
    const [job] = await sendJobs(harness.jobs, 1);
    const [delivery] = await harness.jobs.receive({ limit: 1, waitSeconds: 0, signal: NEVER });
    assert.deepEqual(delivery?.job, job);
    const letters = await harness.deadLetters();
    assert.deepEqual(
      letters.map((letter) => letter.job).toSorted(),
      Array.from({ length: 25 }, (_, n) => `body ${n}`).toSorted(),
    );
  });

  it(`keeps dead letters for ${DEAD_LETTER_DAYS} days, until another one is added`, async () => {
    await using harness = await createSqliteHarness();
    const die = async (body: string) => {
      await harness.sendBody(body);
      await assertNothing(harness.jobs);
    };
    const bodies = async () => (await harness.deadLetters()).map(({ job }) => job);
    await die('first');
    await harness.pass(DEAD_LETTER_DAYS * 24 * AN_HOUR);
    await die('second');
    assert.deepEqual(await bodies(), ['first', 'second']);
    await harness.pass(A_MILLISECOND);
    await die('third');
    assert.deepEqual(await bodies(), ['second', 'third']);
  });
});

describe('the SQLite job queue when the clock jumps', () => {
  it('an hour ahead delivers delayed and held jobs early, and loses none', async () => {
    await using harness = await createSqliteHarness();
    const [held] = await sendJobs(harness.jobs, 1);
    const delivery = await takeOne(harness.jobs);
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
    await delivery.finish();
    await harness.pass(LEASE_SECONDS);
    assert.equal((await take(harness.jobs)).length, 2);
  });

  for (const [name, seconds] of Object.entries({ 'an hour': AN_HOUR, 'ten years': 87_600 * AN_HOUR })) {
    it(`${name} back delivers all jobs at once, and holds none for the time of the jump`, async () => {
      await using harness = await createSqliteHarness();
      const [held, waiting] = await sendJobs(harness.jobs, 2);
      await takeOne(harness.jobs);
      await harness.pass(-seconds);
      const [later] = await sendJobs(harness.jobs, 1);
      const received = await take(harness.jobs, 2);
      assert.deepEqual(
        [...received, await takeOne(harness.jobs)].map(({ job, attempt }) => [job, attempt]),
        [
          [later, 1],
          [waiting, 1],
          [held, 2],
        ],
      );
      await assertNothing(harness.jobs);
    });
  }

  it('some minutes back delays earlier jobs for as long, but not new ones', async () => {
    await using harness = await createSqliteHarness();
    const [sent] = await sendJobs(harness.jobs, 1);
    await harness.pass(-300);
    await assertNothing(harness.jobs);
    const [later] = await sendJobs(harness.jobs, 1);
    assert.deepEqual((await takeOne(harness.jobs)).job, later);
    await harness.pass(300 - A_MILLISECOND);
    assert.deepEqual((await takeOne(harness.jobs)).job, later);
    await harness.pass(A_MILLISECOND);
    assert.deepEqual((await takeOne(harness.jobs)).job, sent);
  });

  it('a minute back delivers no job before its delay has passed', async () => {
    await using harness = await createSqliteHarness();
    await harness.jobs.send(sampleJob(), { delaySeconds: 900 });
    await harness.pass(-60);
    await assertNothing(harness.jobs);
  });
});

describe('a failing SQLite job queue', () => {
  it('reports insufficient-storage while the disk is full, and works again afterwards', async () => {
    await using harness = await createSqliteHarness();
    const pages = firstRow(harness.database.prepare('PRAGMA page_count'), [])?.[0];
    harness.database.exec(`PRAGMA max_page_count = ${pages}`);
    const results = await Promise.allSettled(Array.from({ length: 200 }, () => harness.jobs.send(sampleJob())));
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    assert.ok(errors.length > 0 && errors.every(hasCode('insufficient-storage')));
    harness.database.exec('PRAGMA max_page_count = 1000000');
    await harness.jobs.send(sampleJob());
    for (let left = results.length - errors.length + 1; left > 0; ) left -= (await take(harness.jobs)).length;
    await assertNothing(harness.jobs);
  });

  it('reports unavailable while another process locks the database, and works again afterwards', async () => {
    await using harness = await createSqliteHarness({ busyLimitMs: 50 });
    const job = sampleJob();
    await harness.jobs.send(job);
    const delivery = await takeOne(harness.jobs);
    await using writer = await startHolder(`
      import { DatabaseSync } from 'node:sqlite';
      globalThis.database = new DatabaseSync(${JSON.stringify(join(harness.folder, 'safelight.db'))});
      database.exec('BEGIN IMMEDIATE');
    `);
    await assert.rejects(harness.jobs.send(sampleJob()), hasCode('unavailable'));
    await assert.rejects(take(harness.jobs), hasCode('unavailable'));
    await assert.rejects(delivery.finish(), hasCode('unavailable'));
    await writer.kill();
    await delivery.retry('it was locked');
    await harness.pastBackoff(1);
    assert.deepEqual((await takeOne(harness.jobs)).job, job);
    await assertNothing(harness.jobs);
  });
});

const hasCode = (code: AppError['code']) => (error: unknown) => error instanceof AppError && error.code === code;
