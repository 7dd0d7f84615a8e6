import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres } from '../../../../../test/servers/postgres.ts';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { AppError } from '../../domain/errors.ts';
import { openPostgres, type Postgres } from '../../records/postgres/database.ts';
import { JOB_CODEC } from '../../run/jobs.ts';
import type { Delivery, JobQueue } from '../job-queue.ts';
import { NEVER } from '../job-queue-harness.fixture.ts';
import { imageIdsOf, sampleJob, sendJobs } from '../sample-job.fixture.ts';
import { tellAnswered } from './answered-statements.fixture.ts';
import { CHANNEL, createJobNotifier } from './job-notifier.ts';
import { createPostgresJobQueue } from './postgres.ts';
import { awaitOne, createPostgresHarness, LOOK, NO_POLLS, openAnother } from './postgres-harness.fixture.ts';

describe('a waiting receiver of the PostgreSQL job queue', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('is woken by jobs of another process', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    await using process = openAnother(harness.url, NO_POLLS);
    const waiting = awaitOne(process.jobs);
    await process.answered.until(LOOK, 2); // the first look, and that after its connection was made
    const job = sampleJob();
    await harness.jobs.send(job);
    assert.deepEqual((await waiting)?.job, job);

    const others = [awaitOne(process.jobs), awaitOne(process.jobs)];
    await process.answered.until(LOOK, 3 + others.length);
    const sent = await sendJobs(harness.jobs, 2);
    const received = imageIdsOf((await Promise.all(others)).flatMap((one) => one ?? []));
    assert.deepEqual(received.toSorted(), sent.map(({ imageId }) => imageId).toSorted());
  });

  it('is woken by a job that another process gives back', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    const [job] = await sendJobs(harness.jobs, 1);
    await using leaving = openAnother(harness.url);
    await using process = openAnother(harness.url, NO_POLLS);
    let waiting: Promise<Delivery | undefined> | undefined;
    const stop = new AbortController();
    leaving.answered.beforeNext(LOOK, async () => {
      waiting = awaitOne(process.jobs);
      await process.answered.until(LOOK, 2);
      stop.abort();
    });
    await leaving.jobs.receive({ limit: 1, waitSeconds: 0, signal: stop.signal });
    const delivery = await waiting;
    assert.deepEqual([delivery?.job, delivery?.attempt], [job, 1]);
  });

  it('is woken again after its connection was lost, by what was sent meanwhile', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    await using process = openAnother(harness.url, NO_POLLS);
    const waiting = awaitOne(process.jobs);
    await process.answered.until(LOOK, 2);
    const job = sampleJob();
    await harness.sendBody(JOB_CODEC.encode(job)); // without a notification, as if it had been lost
    await harness.postgres.rows(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    );
    assert.deepEqual((await waiting)?.job, job);
  });

  it('looks by itself as long as its connection fails', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    const stack = new AsyncDisposableStack();
    await using _ = stack;
    const connected: Postgres = stack.use(openPostgres({ url: harness.url, connections: 2, prepares: true }));
    const refused = openPostgres({ url: 'postgres://a@127.0.0.1:1/b', connections: 1, prepares: true });
    stack.use(refused);
    const answered = tellAnswered({ ...connected, connect: refused.connect });
    const jobs = stack.use(createPostgresJobQueue(answered.postgres, { codec: JOB_CODEC, hearingPollMs: 600_000 }));
    const waiting = awaitOne(jobs);
    await answered.until(LOOK, 2);
    const [job] = await sendJobs(harness.jobs, 1);
    assert.deepEqual((await waiting)?.job, job);
  });

  it('survives a restart of the server, or reports that it is away, and is woken afterwards', async () => {
    await using own = await startPostgres();
    await using harness = await createPostgresHarness(own.postgres);
    await using process = openAnother(harness.url, NO_POLLS);
    const waiting = awaitUntilAvailable(process.jobs);
    await process.answered.until(LOOK, 2);
    await own.kill();
    await assert.rejects(harness.jobs.send(sampleJob()), { code: 'unavailable' });
    await own.restart();
    await untilOneListens(harness.postgres);
    const [job] = await sendJobs(harness.jobs, 1);
    assert.deepEqual((await waiting).job, job);
  });
});

describe('a notifier of jobs', { skip: NO_POSTGRES }, () => {
  it('notifies at once, once for all jobs of the next moment, and before it ends', async () => {
    await using server = await postgresForTests();
    await using harness = await createPostgresHarness(server.postgres);
    const client = await harness.postgres.connect();
    const payloads: (string | undefined)[] = [];
    const end = Promise.withResolvers<void>();
    client.on('notification', ({ payload }) => {
      payloads.push(payload);
      if (payload === 'end') end.resolve();
    });
    await client.query(`LISTEN ${CHANNEL}`);
    {
      await using notifier = createJobNotifier(harness.postgres);
      for (let jobs = 0; jobs < 100; jobs += 1) notifier.notify();
    }
    await harness.postgres.rows(`SELECT pg_notify('${CHANNEL}', 'end')`);
    await end.promise; // notifications arrive in the order of their commits
    assert.deepEqual(payloads, ['', '', 'end']);
    await client.end();
  });
});

/** As a worker does it. */
async function awaitUntilAvailable(jobs: JobQueue): Promise<Delivery> {
  for (;;) {
    const received = jobs.receive({ limit: 1, waitSeconds: 20, signal: NEVER });
    const [delivery] = await received.catch(async (error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
      await delay(100);
      return [];
    });
    if (delivery) return delivery;
  }
}

async function untilOneListens(postgres: Postgres): Promise<void> {
  const listening = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
  while ((await postgres.rows(listening)).length === 0) await delay(50);
}
