import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Another process that holds locks of a data folder. */
export interface HoldingProcess extends AsyncDisposable {
  /** Kills it without any cleanup (SIGKILL). */
  kill(): Promise<void>;
}

/** Runs `statements` (a module's text) in another process, which holds its locks until it is killed. */
export async function startHolder(statements: string): Promise<HoldingProcess> {
  // It reads its input, so that it ends with the test at the latest.
  const held = `${statements}\nconsole.log('held'); process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', held], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), exited]);
  if (line !== 'held') throw new Error(`The holding process ended with ${line}`);
  return { kill, [Symbol.asyncDispose]: kill };
}

/** A literal for the text of `startHolder`. */
export const moduleUrl = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
