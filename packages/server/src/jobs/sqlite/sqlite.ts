import type { DatabaseSync } from 'node:sqlite';
import type { Job } from '../../domain/job.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { GroupCommit } from '../../records/sqlite/group-commit.ts';
import { allRows, firstRow, type Row } from '../../records/sqlite/rows.ts';
import { translated } from '../../records/sqlite/sqlite-error.ts';
import { DEAD_LETTER_MS, FORGOTTEN_AT_ONCE, UNDECIDED, UNREADABLE } from '../dead-letter.ts';
import type { JobCodec } from '../job-codec.ts';
import { backoffSeconds, type Delivery, type JobQueue, LEASE_SECONDS, MAX_ATTEMPTS } from '../job-queue.ts';
import { IMPLAUSIBLE_MS, requireDelay, requireReceivable, UNKNOWN_JOB_SECONDS } from '../limits.ts';
import { createReceiveWait, type ReceiveWait } from '../receive-wait.ts';
import { STATEMENTS } from './job-statements.ts';

export interface SqliteJobQueueOptions {
  readonly codec: JobCodec;
  readonly clock: { now(): Date };
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly observe?: Observer;
}

/**
 * Jobs in the database of `openDatabase`; `writes` is that connection's group commit. This queue's own sends wake a
 * waiting receiver; it finds jobs of another process at its next look, at most 20 s later.
 */
export function createSqliteJobQueue(
  database: DatabaseSync,
  writes: GroupCommit,
  { codec, clock, random = Math.random, observe = () => undefined }: SqliteJobQueueOptions,
): JobQueue {
  const send = database.prepare(STATEMENTS.send);
  const selectDue = database.prepare(STATEMENTS.due);
  const selectNextDue = database.prepare(STATEMENTS.nextDue);
  const handOut = database.prepare(STATEMENTS.handOut);
  const postpone = database.prepare(STATEMENTS.postpone);
  const remove = database.prepare(STATEMENTS.remove);
  const bury = database.prepare(STATEMENTS.bury);
  const forget = database.prepare(STATEMENTS.forget);
  const countDead = database.prepare(STATEMENTS.countDead);
  const waits = new Set<ReceiveWait>();

  const wakeReceivers = (): void => {
    for (const wait of waits) wait.wake();
  };

  const inSeconds = (seconds: number): number => clock.now().getTime() + Math.ceil(seconds * 1000);

  const makeDeadLetter = (n: number, attempt: number, reason: string): void => {
    const now = clock.now().getTime();
    bury.run(now, reason, n, attempt);
    remove.run(n, attempt);
    forget.run(now - DEAD_LETTER_MS, FORGOTTEN_AT_ONCE);
  };

  const deliveryOf = (job: Job, n: number, attempt: number): Delivery => ({
    job,
    attempt,
    async finish() {
      await writes.write(() => remove.run(n, attempt));
    },
    async extend() {
      await writes.write(() => postpone.run(inSeconds(LEASE_SECONDS), n, attempt));
    },
    async retry(reason) {
      await writes.write(() => {
        if (attempt >= MAX_ATTEMPTS) makeDeadLetter(n, attempt, reason);
        else postpone.run(inSeconds(backoffSeconds(attempt, random())), n, attempt);
      });
      wakeReceivers();
    },
  });

  /**
   * The delivery of a due job; the kind of one that this version doesn't know; undefined if the job became a dead
   * letter.
   */
  const deliver = (row: Row): Delivery | string | undefined => {
    const [n, body, attempt] = [Number(row[0]), String(row[1]), Number(row[2])];
    const read = codec.decode(body);
    if (read?.kind === 'unknown-job') {
      postpone.run(inSeconds(UNKNOWN_JOB_SECONDS), n, attempt);
      return read.named;
    }
    if (!read || attempt >= MAX_ATTEMPTS) {
      makeDeadLetter(n, attempt, read ? UNDECIDED : UNREADABLE);
      return undefined;
    }
    handOut.run(inSeconds(LEASE_SECONDS), n, attempt);
    return deliveryOf(read.job, n, attempt + 1);
  };

  /** One look at the queue: the deliveries, and the time until the next can exist. */
  const look = (limit: number): Look => {
    const now = clock.now().getTime();
    const due = allRows(selectDue, [-Infinity, now, limit]);
    const implausible = allRows(selectDue, [now + IMPLAUSIBLE_MS, Infinity, limit - due.length]);
    const found = [...due, ...implausible];
    if (found.length > 0) {
      const met = found.map(deliver);
      return {
        deliveries: met.filter((one) => typeof one === 'object'),
        unknownKinds: met.filter((one) => typeof one === 'string'),
        restMs: 0,
      };
    }
    const next = firstRow(selectNextDue, [now]);
    return { ...NOTHING, restMs: next && Number(next[0]) - now };
  };

  return {
    async send(job, { delaySeconds = 0 } = {}) {
      requireDelay(delaySeconds);
      await writes.write(() => send.run(codec.encode(job), inSeconds(delaySeconds)));
      wakeReceivers();
    },

    async receive(options) {
      requireReceivable(options);
      const { limit, waitSeconds, signal } = options;
      using wait = createReceiveWait(waits, { seconds: waitSeconds, signal });
      for (;;) {
        const { deliveries, unknownKinds, restMs } = await writes.write(() => (signal.aborted ? NOTHING : look(limit)));
        for (const kind of unknownKinds) observe({ event: 'unknown-job', kind });
        if (deliveries.length > 0) return deliveries;
        if (restMs === 0) continue; // all found jobs became dead letters or wait for another version
        if (wait.isOver) return [];
        await wait.rest(restMs);
      }
    },

    countDeadLetters: async () =>
      translated(() => Number(firstRow(countDead, [clock.now().getTime() - DEAD_LETTER_MS])?.[0])),
  };
}

interface Look {
  readonly deliveries: readonly Delivery[];
  readonly unknownKinds: readonly string[];
  readonly restMs: number | undefined;
}

const NOTHING: Look = { deliveries: [], unknownKinds: [], restMs: undefined };
