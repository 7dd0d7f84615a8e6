import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { outsideTraces } from '../../flow/outside-traces.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { Postgres } from '../../records/postgres/database.ts';
import { CHANNEL, NOTIFY } from './job-notifier.ts';

/** Hears by a connection of its own that there are jobs. A lost connection is made again. */
export interface JobListener extends AsyncDisposable {
  /** Notifications arrive: the connection was tested, and isn't known to be lost. */
  readonly isHearing: boolean;
}

export interface JobListenerOptions {
  /** Called for each notification, and when the connection has been made: there were none while it was lost. */
  readonly onJobs: () => void;
  readonly observe: Observer;
  /** How long the test of a connection waits for its own notification. */
  readonly testMs?: number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** A notification takes milliseconds; this allows for a busy server. */
const TEST_MS = 5_000;
/** Somebody may change the pooler's mode. */
const DEAF_PAUSE_MS = 600_000;
/** Networks forget idle connections after some minutes, and tell neither side. */
const HEARTBEAT_MS = 60_000;
/** A server that is away neither accepts connections nor confirms their end. */
const END_MS = 1_000;

const DEAF =
  'The connection to PostgreSQL gets no notifications, as behind PgBouncer in transaction mode: idle workers look for jobs four times a second. For fewer statements let DATABASE_URL name the server itself, or a pooler in session mode';

export function startJobListener(
  postgres: Postgres,
  { onJobs, observe, testMs = TEST_MS }: JobListenerOptions,
): JobListener {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined); // aborted
  let isHearing = false;
  let pauseMs = FIRST_PAUSE_MS;
  let hasWarned = false;

  /** Returns when the connection has ended, or was found to be deaf. */
  const hear = async (): Promise<'ended' | 'deaf'> => {
    const client = await postgres.connect();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    client.once('end', end);
    signal.addEventListener('abort', end);
    const heartbeat = setInterval(() => void client.query('SELECT 1').catch(end), HEARTBEAT_MS).unref();

    const test = randomUUID();
    const { promise: heard, resolve: hears } = Promise.withResolvers<void>();
    client.on('notification', ({ payload }) => {
      if (payload === test) {
        isHearing = true;
        hears();
      } else if (!payload) onJobs();
    });
    try {
      if (signal.aborted) return 'ended';
      await client.query(`LISTEN ${CHANNEL}`);
      // By another connection: PgBouncer may send both statements of one to the same server, which would hear itself.
      await postgres.rows(NOTIFY, [test]);
      await waitAtMost(testMs, Promise.race([heard, ended]));
      if (signal.aborted) return 'ended';
      if (!isHearing) {
        await client.query(`UNLISTEN ${CHANNEL}`); // a pooler keeps the session, which would hear for its next users
        return 'deaf';
      }
      pauseMs = FIRST_PAUSE_MS;
      onJobs();
      await ended;
      return 'ended';
    } finally {
      isHearing = false;
      clearInterval(heartbeat);
      signal.removeEventListener('abort', end);
      await waitAtMost(END_MS, client.end());
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const outcome = await hear().catch(() => 'ended' as const); // receivers' own statements report the failure
      if (outcome === 'deaf') {
        if (!hasWarned) observe({ event: 'warning', sentence: DEAF });
        hasWarned = true;
        await pause(DEAF_PAUSE_MS);
        continue;
      }
      await pause(pauseMs * (1 - Math.random() / 2));
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  };
  const running = outsideTraces(run);

  return {
    get isHearing() {
      return isHearing;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await waitAtMost(END_MS, running);
    },
  };
}
