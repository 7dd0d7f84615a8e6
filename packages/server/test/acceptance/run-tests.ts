import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { type Verdict, verdictOf } from './verdicts.ts';

interface Program {
  /** With its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly longestMs: number;
  /** Ends the program. */
  readonly isEnough: (verdict: Verdict) => boolean;
}

export interface Outcome {
  readonly verdicts: readonly Verdict[];
  /** The exit code of a program that ended by itself. */
  readonly exitCode: number | null;
  readonly hasTimedOut: boolean;
  /** The first error that it printed. */
  readonly error: string;
}

const running = new Set<() => void>();
process.on('exit', () => {
  for (const kill of running) kill();
});

/** Runs tests, with the processes that they start as one group, until they end or have said enough. */
export async function runTests({ command, cwd, environment, longestMs, isEnough }: Program): Promise<Outcome> {
  const reporter = `--test-reporter=${pathToFileURL(join(import.meta.dirname, 'verdicts.ts'))}`;
  const tests = spawn(process.execPath, [...process.execArgv, reporter, ...command], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    detached: true,
  });
  const kill = (): void => {
    try {
      if (tests.pid !== undefined) process.kill(-tests.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // all have ended
    }
  };
  running.add(kill);
  let hasTimedOut = false;
  const deadline = setTimeout(() => {
    hasTimedOut = true;
    kill();
  }, longestMs);
  let errors = '';
  tests.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(0, 100_000);
  });
  const verdicts: Verdict[] = [];
  createInterface({ input: tests.stdout }).on('line', (line) => {
    const verdict = verdictOf(line);
    if (!verdict) return;
    verdicts.push(verdict);
    if (isEnough(verdict)) kill();
  });
  // Processes that it leaves behind would keep its pipes open.
  tests.on('exit', kill);
  const [exitCode] = await once(tests, 'close');
  clearTimeout(deadline);
  running.delete(kill);
  return { verdicts, exitCode, hasTimedOut, error: /\w*Error\b.*: .*/.exec(errors)?.[0] ?? '' };
}
