import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Without threads for V8: where the system refuses one of them (EAGAIN), Node hangs at its start for good. */
const FLAGS = ['--no-warnings', '--v8-pool-size=0'];

/**
 * Runs a program in a process of its own, for work of SQLite that takes long and must be ended at any moment:
 * node:sqlite can't interrupt a call. The program is a text, so that packages and bundles need no further file; it
 * finds `job` as JSON in `process.argv[1]` and writes its answer as JSON. `watch` may kill the process; what it returns
 * is called at the end. undefined: the process ended without an answer.
 */
export async function runInChild<Answer>(
  program: string,
  job: Readonly<Record<string, unknown>>,
  watch: (child: ChildProcess) => () => void,
): Promise<Answer | undefined> {
  const child = spawn(process.execPath, [...FLAGS, '-e', program, JSON.stringify(job)], {
    env: {},
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const end = watch(child);
  try {
    const [answer] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return answer === '' ? undefined : (JSON.parse(answer) as Answer); // the program is ours
  } finally {
    end();
  }
}
