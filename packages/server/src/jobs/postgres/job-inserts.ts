import { outsideTraces } from '../../flow/outside-traces.ts';
import type { Statements } from '../../records/postgres/database.ts';
import { STATEMENTS } from './job-statements.ts';

/** A commit costs the same for one job as for many: those that come while one is under way share the next. */
export interface JobInserts {
  /** Resolves after the commit. Errors: those of `Statements`. */
  add(body: string, delayMs: number): Promise<void>;
}

/** The most jobs of one statement; a bound for its text and its time. */
const MOST_AT_ONCE = 1_000;

interface Addition {
  readonly body: string;
  readonly delayMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createJobInserts(statements: Pick<Statements, 'change'>): JobInserts {
  const waiting: Addition[] = [];
  let isRunning = false;

  const insert = async (additions: readonly Addition[]): Promise<void> => {
    try {
      await statements.change(STATEMENTS.send, [
        additions.map(({ body }) => body),
        additions.map(({ delayMs }) => delayMs),
      ]);
      for (const { resolve } of additions) resolve();
    } catch (error) {
      for (const { reject } of additions) reject(error);
    }
  };

  const run = async (): Promise<void> => {
    isRunning = true;
    await Promise.resolve(); // the jobs of one turn go together
    while (waiting.length > 0) await insert(waiting.splice(0, MOST_AT_ONCE));
    isRunning = false;
  };

  return {
    add(body, delayMs) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ body, delayMs, resolve, reject });
      if (!isRunning) void outsideTraces(run); // it goes on for other senders
      return promise;
    },
  };
}
