import { setTimeout as delay } from 'node:timers/promises';
import { createPostgresJobQueue } from '../packages/server/src/jobs/postgres/postgres.ts';
import { openPostgres } from '../packages/server/src/records/postgres/database.ts';
import { JOB_CODEC } from '../packages/server/src/run/jobs.ts';
import { migrateDatabase } from './floors/migrate-database.ts';
import { newId } from './floors/sample-records.ts';
import { judge, type Measurement, milliseconds } from './measurement.ts';
import { startPostgresDatabases } from './postgres-databases.ts';
import { percentile } from './rounds.ts';

const ROUNDS = 5;
const JOBS = 100;
/** Each finds the receiver waiting. */
const APART_MS = 50;

/** From the commit of a job until another connection's receiver, which waits and hears of it, has it. */
export async function jobPostgres(): Promise<readonly Measurement[]> {
  await using databases = await startPostgresDatabases();
  const url = await databases.create();
  await migrateDatabase(url);
  await using sending = openPostgres({ url, connections: 10, prepares: true });
  await using receiving = openPostgres({ url, connections: 10, prepares: true });
  await using sender = createPostgresJobQueue(sending, { codec: JOB_CODEC });
  await using receiver = createPostgresJobQueue(receiving, { codec: JOB_CODEC });
  const committed = new Map<string, number>();
  const waits: number[] = [];
  const ended = new AbortController();
  const received = (async () => {
    while (!ended.signal.aborted) {
      const deliveries = await receiver.receive({ limit: 4, waitSeconds: 20, signal: ended.signal });
      const now = performance.now();
      for (const { job, finish } of deliveries) {
        const id = job.kind === 'finalize' ? job.imageId : '';
        // A job may arrive before its sender has the answer to the commit.
        waits.push(Math.max(now - (committed.get(id) ?? now), 0));
        await finish();
      }
    }
  })();
  const p50: number[] = [];
  const p99: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    waits.length = 0;
    for (let job = 0; job < JOBS; job += 1) {
      const imageId = newId();
      await sender.send({ kind: 'finalize', imageId });
      committed.set(imageId, performance.now());
      await delay(APART_MS);
    }
    while (waits.length < JOBS) await delay(APART_MS);
    p50.push(percentile(waits, 0.5));
    p99.push(percentile(waits, 0.99));
  }
  ended.abort();
  await received;
  return [
    judge('job-postgres, from commit to start, p50', p50, { unit: milliseconds, goal: { atMost: 50 } }),
    judge('job-postgres, from commit to start, p99', p99, { unit: milliseconds }),
  ];
}
