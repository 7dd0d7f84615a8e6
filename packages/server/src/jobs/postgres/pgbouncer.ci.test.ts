import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_PGBOUNCER, type Pgbouncer, startPgbouncer } from '../../../../../test/servers/pgbouncer.ts';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { describeJobQueue } from '../job-queue.contract.ts';
import { sendJobs } from '../sample-job.fixture.ts';
import { awaitOne, createPostgresHarness, LOOK, NO_POLLS, openAnother, urlVia } from './postgres-harness.fixture.ts';

describe('the PostgreSQL job queue behind PgBouncer', { skip: NO_POSTGRES || NO_PGBOUNCER }, () => {
  let server: PostgresForTests;
  let pgbouncer: Pgbouncer;
  before(async () => {
    server = await postgresForTests();
    pgbouncer = await startPgbouncer(server.postgres);
  });
  after(async () => {
    await pgbouncer[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  describeJobQueue('PostgreSQL behind PgBouncer in transaction mode', () =>
    createPostgresHarness(server.postgres, { pgbouncer: pgbouncer.postgres, testMs: 600_000 }),
  );

  it('looks more often in transaction mode, and warns once', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    const options = { hearingPollMs: NO_POLLS.hearingPollMs, testMs: 100 };
    await using process = openAnother(urlVia(pgbouncer.postgres, harness.url), options, { prepares: false });
    const waiting = awaitOne(process.jobs);
    while (process.events.length === 0) await delay(20);
    await process.answered.until(LOOK, process.answered.count(LOOK) + 2);
    const [job] = await sendJobs(harness.jobs, 1);
    assert.deepEqual((await waiting)?.job, job);
    const sentences = process.events.map((event) => (event.event === 'warning' ? event.sentence : event.event));
    assert.equal(sentences.length, 1);
    assert.match(sentences[0] ?? '', /as behind PgBouncer in transaction mode: .* four times a second/);
  });

  it('is woken in session mode, and warns nobody', async () => {
    await using harness = await createPostgresHarness(server.postgres);
    await using sessions = await startPgbouncer(server.postgres, { poolMode: 'session', connections: 10 });
    await using process = openAnother(urlVia(sessions.postgres, harness.url), NO_POLLS, { prepares: false });
    const waiting = awaitOne(process.jobs);
    await process.answered.until(LOOK, 2);
    const [job] = await sendJobs(harness.jobs, 1);
    assert.deepEqual((await waiting)?.job, job);
    assert.deepEqual(process.events, []);
  });
});
