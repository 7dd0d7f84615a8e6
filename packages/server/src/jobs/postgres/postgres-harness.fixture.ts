import type { PostgresEndpoint } from '../../../../../test/servers/postgres.ts';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { openPostgres, type Postgres } from '../../records/postgres/database.ts';
import { createMigratedDatabase } from '../../records/postgres/migrated-database.fixture.ts';
import { JOB_CODEC } from '../../run/jobs.ts';
import { backoffSeconds } from '../job-queue.ts';
import type { JobQueueHarness } from '../job-queue-harness.fixture.ts';
import { UNKNOWN_JOB_SECONDS } from '../limits.ts';
import { jobIn } from '../sample-job.fixture.ts';
import { createPostgresJobQueue, type PostgresJobQueue, type PostgresJobQueueOptions } from './postgres.ts';

export interface PostgresHarness extends JobQueueHarness {
  readonly jobs: PostgresJobQueue;
  readonly url: string;
  readonly postgres: Postgres;
}

export interface PostgresHarnessOptions extends Partial<PostgresJobQueueOptions> {
  /** Between the queue and the server. */
  readonly pgbouncer?: PostgresEndpoint;
}

/** A queue in a new database. Time passes by making all times in it earlier: its clock is the server's. */
export async function createPostgresHarness(
  endpoint: PostgresEndpoint,
  { pgbouncer, ...options }: PostgresHarnessOptions = {},
): Promise<PostgresHarness> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createMigratedDatabase(endpoint));
  const events: ServiceEvent[] = [];
  const postgres = pgbouncer
    ? stack.use(openPostgres({ url: urlVia(pgbouncer, database.url), connections: 5, prepares: false }))
    : database.postgres;
  const observe = (event: ServiceEvent) => void events.push(event);
  const random = () => 0; // a backoff is as long as it can be: also real time passes
  const jobs = stack.use(createPostgresJobQueue(postgres, { codec: JOB_CODEC, observe, random, ...options }));
  const pass = async (seconds: number) => {
    const milliseconds = Math.round(seconds * 1000);
    await database.postgres.change('UPDATE jobs SET due_at = due_at - $1::bigint', [milliseconds]);
    await database.postgres.change('UPDATE dead_letters SET died_at = died_at - $1::bigint', [milliseconds]);
  };
  const held = stack.move();
  return {
    jobs,
    url: database.url,
    postgres,
    events,
    pass,
    pastBackoff: (attempt) => pass(backoffSeconds(attempt, 0)),
    pastPause: () => pass(UNKNOWN_JOB_SECONDS),

    async sendBody(body) {
      await database.postgres.change('INSERT INTO jobs (body, due_at, attempt) VALUES ($1, 0, 0)', [body]);
    },

    async deadLetters() {
      const rows = await database.postgres.rows('SELECT body, reason FROM dead_letters ORDER BY died_at, n');
      return rows.map(([body, reason]) => ({ job: jobIn(String(body)), reason: String(reason) }));
    },

    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The database of `url`, by another way to the server. */
export const urlVia = (way: PostgresEndpoint, url: string): string => `${way.url}${new URL(url).pathname}`;
