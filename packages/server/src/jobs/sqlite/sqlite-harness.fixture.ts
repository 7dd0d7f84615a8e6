import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { openDatabase } from '../../records/sqlite/database.ts';
import { createGroupCommit } from '../../records/sqlite/group-commit.ts';
import { allRows } from '../../records/sqlite/rows.ts';
import { MIGRATIONS } from '../../records/sqlite/schema.ts';
import { JOB_CODEC } from '../../run/jobs.ts';
import { backoffSeconds } from '../job-queue.ts';
import { UNKNOWN_JOB_SECONDS } from '../limits.ts';
import { jobIn } from '../sample-job.fixture.ts';
import { createSqliteJobQueue } from './sqlite.ts';

/** A queue in a temporary folder, and a clock that stops until it is moved. */
export async function createSqliteHarness(options: { busyLimitMs?: number; random?: () => number } = {}) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-jobs-'));
  const database = openDatabase(folder.path, MIGRATIONS);
  const writes = createGroupCommit(database, options);
  let nowMs = Date.UTC(2026, 10, 20, 12);
  const clock = { now: () => new Date(nowMs) };
  const events: ServiceEvent[] = [];
  const pass = async (seconds: number) => {
    nowMs += seconds * 1000;
  };
  return {
    folder: folder.path,
    database,
    clock,
    jobs: createSqliteJobQueue(database, writes, {
      codec: JOB_CODEC,
      clock,
      observe: (event) => events.push(event),
      ...options,
    }),
    events,
    pass,
    pastBackoff: (attempt: number) => pass(backoffSeconds(attempt, 0)),

    pastPause: () => pass(UNKNOWN_JOB_SECONDS),

    async sendBody(body: string) {
      database.prepare('INSERT INTO jobs (body, due_at, attempt) VALUES (?, ?, 0)').run(body, nowMs);
    },

    async deadLetters() {
      return allRows(database.prepare('SELECT body, reason FROM dead_letters ORDER BY died_at, n'), []).map(
        ([body, reason]) => ({ job: jobIn(String(body)), reason: String(reason) }),
      );
    },

    async [Symbol.asyncDispose]() {
      await writes[Symbol.asyncDispose]();
      database.close();
      await folder.remove();
    },
  };
}
