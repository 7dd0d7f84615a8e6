import { once } from 'node:events';
import { join } from 'node:path';
import { type Ended, spawnProgram, untilPrinted } from './running-service.ts';

export const WORK = join(import.meta.dirname, '../../src/bin/work.ts');

/** `npm run work` as a separate process. */
export interface RunningWorker extends AsyncDisposable {
  output(): string;
  isRunning(): boolean;
  /** SIGKILL, at any moment. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<Ended>;
}

/** Resolves once it says that it works. */
export async function startWorkerIn(folder: string, environment: Record<string, string>): Promise<RunningWorker> {
  const spawned = spawnProgram(folder, environment, [process.execPath, WORK]);
  const { child, output, ended } = spawned;
  await untilPrinted(spawned, /^Safelight works/m);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const kill = async (): Promise<void> => {
    if (!isRunning()) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    output,
    isRunning,
    kill,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** Runs the worker to its end, which must come by itself. */
export const runWorkerIn = (folder: string, environment: Record<string, string> = {}): Promise<Ended> =>
  spawnProgram(folder, environment, [process.execPath, WORK]).ended;
