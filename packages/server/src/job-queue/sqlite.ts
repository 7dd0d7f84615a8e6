import type { DatabaseSync } from 'node:sqlite';
import type { Observer } from '../observer/observer.ts';
import type { GroupCommit } from '../sqlite/group-commit.ts';
import { allRows, firstRow, type Row } from '../sqlite/rows.ts';
import { DEAD_LETTER_DAYS, UNDECIDED, UNREADABLE } from './dead-letter.ts';
import { bodyOf, jobOf, unknownKindOf } from './job-body.ts';
import { backoffSeconds, type Delivery, type Job, type JobQueue, LEASE_SECONDS, MAX_ATTEMPTS } from './job-queue.ts';
import { STATEMENTS } from './job-statements.ts';
import { LONGEST_DELAY_SECONDS, requireDelay, requireReceivable } from './limits.ts';
import { createReceiveWait, type ReceiveWait } from './receive-wait.ts';

/**
 * No job is made to wait for longer than 15 minutes; one due in twice that was sent before the clock was set back. It is
 * handed out: whatever the clock does, a job is held half an hour too long at most.
 */
const IMPLAUSIBLE_MS = 2 * LONGEST_DELAY_SECONDS * 1000;

const DEAD_LETTER_MS = DEAD_LETTER_DAYS * 24 * 3_600_000;
/** With each that comes, up to so many old ones go: their number shrinks, and no transaction is long. */
const FORGOTTEN_AT_ONCE = 100;

/** Until a job of another version is looked at again. It has no other end: a version that knows it does it. */
export const UNKNOWN_JOB_SECONDS = LONGEST_DELAY_SECONDS;

export interface SqliteJobQueueOptions {
  readonly clock: { now(): Date };
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly observe?: Observer;
}

/**
 * Jobs in the database of `openDatabase`; `writes` is that connection's group commit. A receiver that waits is woken by what
 * this queue sends; what another process put in it sees at its next look, 20 s later at most.
 */
export function createSqliteJobQueue(
  database: DatabaseSync,
  writes: GroupCommit,
  { clock, random = Math.random, observe = () => undefined }: SqliteJobQueueOptions,
): JobQueue {
  const send = database.prepare(STATEMENTS.send);
  const selectDue = database.prepare(STATEMENTS.due);
  const selectNextDue = database.prepare(STATEMENTS.nextDue);
  const handOut = database.prepare(STATEMENTS.handOut);
  const postpone = database.prepare(STATEMENTS.postpone);
  const remove = database.prepare(STATEMENTS.remove);
  const bury = database.prepare(STATEMENTS.bury);
  const forget = database.prepare(STATEMENTS.forget);
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

  /** The delivery of a job that is due; the kind of one that this version doesn't know; undefined when it died instead. */
  const deliver = (row: Row): Delivery | string | undefined => {
    const [n, body, attempt] = [Number(row[0]), String(row[1]), Number(row[2])];
    const job = jobOf(body);
    const unknownKind = job ? undefined : unknownKindOf(body);
    if (unknownKind !== undefined) {
      postpone.run(inSeconds(UNKNOWN_JOB_SECONDS), n, attempt);
      return unknownKind;
    }
    if (!job || attempt >= MAX_ATTEMPTS) {
      makeDeadLetter(n, attempt, job ? UNDECIDED : UNREADABLE);
      return undefined;
    }
    handOut.run(inSeconds(LEASE_SECONDS), n, attempt);
    return deliveryOf(job, n, attempt + 1);
  };

  /** One look at the queue: what can be had, and how long there will be nothing else. */
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
      await writes.write(() => send.run(bodyOf(job), inSeconds(delaySeconds)));
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
        if (restMs === 0) continue; // all that was found died, or waits for another version
        if (wait.isOver) return [];
        await wait.rest(restMs);
      }
    },
  };
}

interface Look {
  readonly deliveries: readonly Delivery[];
  readonly unknownKinds: readonly string[];
  readonly restMs: number | undefined;
}

const NOTHING: Look = { deliveries: [], unknownKinds: [], restMs: undefined };
