import { setTimeout as delay } from 'node:timers/promises';
import { outsideTraces } from '../../flow/outside-traces.ts';
import type { Statements } from '../../records/postgres/database.ts';

/** The channel of LISTEN and NOTIFY. A notification without payload says that there are jobs. */
export const CHANNEL = 'safelight_jobs';
export const NOTIFY = `SELECT pg_notify('${CHANNEL}', $1)`;

/** Tells the waiting receivers of all processes that there are jobs. Disposing waits until they are told. */
export interface JobNotifier extends AsyncDisposable {
  /** For jobs that are committed. */
  notify(): void;
}

/**
 * The commit of a NOTIFY takes a lock of the whole cluster, so it is never part of a transaction of records or jobs,
 * and a process sends one each 20 ms at most, one after the other.
 */
const SPACING_MS = 20;

export function createJobNotifier(statements: Pick<Statements, 'rows'>): JobNotifier {
  let isDue = false;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (isDue) {
      isDue = false;
      await statements.rows(NOTIFY, ['']).catch(() => undefined); // receivers that aren't told look by themselves
      await delay(SPACING_MS);
    }
    running = undefined;
  };

  return {
    notify() {
      isDue = true;
      running ??= outsideTraces(run);
    },
    async [Symbol.asyncDispose]() {
      await running;
    },
  };
}
