import type { PostgresEndpoint } from '../../../../../test/servers/postgres.ts';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { openPostgres, type Postgres } from '../../records/postgres/database.ts';
import { createMigratedDatabase } from '../../records/postgres/migrated-database.fixture.ts';
import { JOB_CODEC } from '../../run/jobs.ts';
import { backoffSeconds, type Delivery, type JobQueue } from '../job-queue.ts';
import type { JobQueueHarness } from '../job-queue-harness.fixture.ts';
import { UNKNOWN_JOB_SECONDS } from '../limits.ts';
import { jobIn } from '../sample-job.fixture.ts';
import { tellAnswered } from './answered-statements.fixture.ts';
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

/** A queue with connections of its own, like that of another process. */
export function openAnother(url: string, options: Partial<PostgresJobQueueOptions> = {}, { prepares = true } = {}) {
  const stack = new AsyncDisposableStack();
  const answered = tellAnswered(stack.use(openPostgres({ url, connections: 2, prepares })));
  const events: ServiceEvent[] = [];
  const observe = (event: ServiceEvent) => void events.push(event);
  const jobs = stack.use(createPostgresJobQueue(answered.postgres, { codec: JOB_CODEC, observe, ...options }));
  return { jobs, answered, events, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Longer than a receiver waits: it gets a job at its first look, or because it is woken. */
export const NO_POLLS = { hearingPollMs: 600_000, deafPollMs: 600_000 };

/** The statement of a look at the queue. */
export const LOOK = 'SKIP LOCKED';

/** A receiver looks once more when its time is over, but not when it is called off. */
export const awaitOne = async (jobs: JobQueue): Promise<Delivery | undefined> =>
  (await jobs.receive({ limit: 1, waitSeconds: 20, signal: AbortSignal.timeout(18_000) }))[0];

/** The database of `url`, by another way to the server. */
export const urlVia = (way: PostgresEndpoint, url: string): string => `${way.url}${new URL(url).pathname}`;
