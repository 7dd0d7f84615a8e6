import type { Job } from '../../domain/job.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { Postgres } from '../../records/postgres/database.ts';
import { UNDECIDED, UNREADABLE } from '../dead-letter.ts';
import type { JobCodec } from '../job-codec.ts';
import { backoffSeconds, type Delivery, type JobQueue, MAX_ATTEMPTS } from '../job-queue.ts';
import { requireDelay, requireReceivable, UNKNOWN_JOB_SECONDS } from '../limits.ts';
import { createReceiveWait, type ReceiveWait } from '../receive-wait.ts';
import { createJobInserts } from './job-inserts.ts';
import { type JobListener, type JobListenerOptions, startJobListener } from './job-listener.ts';
import { createJobNotifier } from './job-notifier.ts';
import { STATEMENTS, takeStatement } from './job-statements.ts';

export interface PostgresJobQueueOptions extends Pick<JobListenerOptions, 'testMs'> {
  readonly codec: JobCodec;
  readonly observe?: Observer;
  /** From 0 to 1. */
  readonly random?: () => number;
  /** A receiver that waits looks again after about so long, if it hears of new jobs ... */
  readonly hearingPollMs?: number;
  /** ... and if it doesn't. */
  readonly deafPollMs?: number;
}

/** Disposing ends its connection, and waits until other processes know of all jobs. */
export interface PostgresJobQueue extends JobQueue, AsyncDisposable {}

/** Jobs that are due by a lease's end or a backoff aren't announced: each is late by this much at most. */
const HEARING_POLL_MS = 1_000;
const DEAF_POLL_MS = 250;
/** Receivers of many processes don't look together. */
const JITTER = 0.25;

/**
 * Jobs in the database of `openPostgres`, whose clock says when a job is due and when a lease ends. The first receiver
 * that waits opens a connection outside of the pool.
 */
export function createPostgresJobQueue(
  postgres: Postgres,
  {
    codec,
    observe = () => undefined,
    random = Math.random,
    hearingPollMs = HEARING_POLL_MS,
    deafPollMs = DEAF_POLL_MS,
    ...listening
  }: PostgresJobQueueOptions,
): PostgresJobQueue {
  const inserts = createJobInserts(postgres);
  const notifier = createJobNotifier(postgres);
  const waits = new Set<ReceiveWait>();
  let listener: JobListener | undefined;

  const wakeReceivers = (): void => {
    for (const wait of waits) wait.wake();
  };

  const pollMs = (): number => {
    const milliseconds = listener?.isHearing ? hearingPollMs : deafPollMs;
    return milliseconds * (1 - JITTER + 2 * JITTER * random());
  };

  const bury = async (held: readonly Held[], reasons: readonly string[]): Promise<void> => {
    await postgres.change(STATEMENTS.bury, [...columnsOf(held), reasons]);
    await postgres.change(STATEMENTS.forget);
  };

  const giveBack = async (held: readonly Held[], seconds: number): Promise<void> => {
    await postgres.change(STATEMENTS.giveBack, [...columnsOf(held), seconds * 1000]);
  };

  const deliveryOf = (job: Job, { n, attempt }: Held): Delivery => ({
    job,
    attempt,
    async finish() {
      await postgres.change(STATEMENTS.remove, [n, attempt]);
    },
    async extend() {
      await postgres.change(STATEMENTS.extend, [n, attempt]);
    },
    async retry(reason) {
      if (attempt >= MAX_ATTEMPTS) await bury([{ n, attempt }], [reason]);
      else await postgres.change(STATEMENTS.postpone, [n, attempt, inMs(backoffSeconds(attempt, random()))]);
      wakeReceivers();
    },
  });

  /** One look at the queue, which leases the jobs that it finds; none, and the time until the next can exist. */
  const take = async (limit: number): Promise<Taken | { readonly restMs: number | undefined }> => {
    const rows = await postgres.rows(takeStatement(limit));
    const [first] = rows;
    if (first?.[0] === null) return { restMs: first[3] === null ? undefined : Number(first[3]) };
    return rows
      .toSorted((one, other) => Number(one[3]) - Number(other[3]))
      .map(([n, body, attempt]) => ({ n: Number(n), attempt: Number(attempt), body: String(body) }));
  };

  /** The jobs among them. The others become dead letters, or wait for another version. */
  const deliver = async (taken: Taken): Promise<readonly Delivery[]> => {
    const deliveries: Delivery[] = [];
    const unknown: Held[] = [];
    const dead: Held[] = [];
    const reasons: string[] = [];
    for (const { body, ...held } of taken) {
      const read = codec.decode(body);
      if (read?.kind === 'unknown-job') {
        observe({ event: 'unknown-job', kind: read.named });
        unknown.push(held);
      } else if (read && held.attempt <= MAX_ATTEMPTS) deliveries.push(deliveryOf(read.job, held));
      else {
        dead.push(held);
        reasons.push(read ? UNDECIDED : UNREADABLE);
      }
    }
    const outcomes = await Promise.allSettled([
      ...(unknown.length > 0 ? [giveBack(unknown, UNKNOWN_JOB_SECONDS)] : []),
      ...(dead.length > 0 ? [bury(dead, reasons)] : []),
    ]);
    const failed = outcomes.find(({ status }) => status === 'rejected');
    // With jobs to deliver nothing waits for a failed one: it comes again after its lease.
    if (failed?.status === 'rejected' && deliveries.length === 0) throw failed.reason;
    return deliveries;
  };

  return {
    async send(job, { delaySeconds = 0 } = {}) {
      requireDelay(delaySeconds);
      await inserts.add(codec.encode(job), inMs(delaySeconds));
      wakeReceivers();
      if (delaySeconds === 0) notifier.notify(); // others look more often than delays end
    },

    async receive(options) {
      requireReceivable(options);
      const { limit, waitSeconds, signal } = options;
      if (signal.aborted) return [];
      using wait = createReceiveWait(waits, { seconds: waitSeconds, signal });
      if (waitSeconds > 0) listener ??= startJobListener(postgres, { onJobs: wakeReceivers, observe, ...listening });
      for (;;) {
        const found = await take(limit);
        if ('restMs' in found) {
          if (wait.isOver) return [];
          await wait.rest(Math.min(found.restMs ?? Number.POSITIVE_INFINITY, pollMs()));
          if (signal.aborted) return [];
          continue;
        }
        if (signal.aborted) {
          await giveBack(found, 0);
          wakeReceivers();
          notifier.notify();
          return [];
        }
        const deliveries = await deliver(found);
        if (deliveries.length > 0) return deliveries;
      }
    },

    async countDeadLetters() {
      const [row] = await postgres.rows(STATEMENTS.countDead);
      return Number(row?.[0]);
    },

    async [Symbol.asyncDispose]() {
      await listener?.[Symbol.asyncDispose]();
      await notifier[Symbol.asyncDispose]();
    },
  };
}

/** A job that was handed out as this attempt, if it hasn't been handed out since. */
interface Held {
  readonly n: number;
  readonly attempt: number;
}

type Taken = readonly (Held & { readonly body: string })[];

const columnsOf = (held: readonly Held[]) => [held.map(({ n }) => n), held.map(({ attempt }) => attempt)] as const;

const inMs = (seconds: number): number => Math.ceil(seconds * 1000);
