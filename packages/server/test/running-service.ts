import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START = join(import.meta.dirname, '../src/bin/start.js');

/** `npm start` as a process of its own, on a free port and a temporary folder. */
export interface RunningService extends AsyncDisposable {
  readonly origin: string;
  readonly folder: string;
  readonly process: ChildProcess;
  /** What it printed so far, on both streams. */
  output(): string;
}

/** A process that was started and has ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

/** None of the caller's own settings, so that a developer's .env changes no test. */
const environmentOf = (own: Record<string, string>) => ({ PATH: process.env['PATH'], HOME: tmpdir(), ...own });

function spawnService(folder: string, environment: Record<string, string>, command: readonly string[]) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: folder,
    env: environmentOf({ PORT: '0', DATA_DIR: join(folder, 'data'), ...environment }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { child, output: () => output };
}

/** `under` is a command that runs another, as a tracer does; what it runs must stay this process's child. */
export async function startService(
  environment: Record<string, string> = {},
  folder?: string,
  under: readonly string[] = [],
): Promise<RunningService> {
  const place = folder ?? (await mkdtemp(join(tmpdir(), 'safelight-')));
  const { child, output } = spawnService(place, environment, [...under, process.execPath, START]);
  const listening = () => /listens on (\S+)/.exec(output())?.[1];
  while (listening() === undefined) {
    const ended = once(child, 'exit').then(() => 'ended');
    if ((await Promise.race([once(child.stdout, 'data'), ended])) === 'ended' && listening() === undefined) {
      throw new Error(`the service ended: ${output()}`);
    }
  }
  return {
    origin: listening() ?? '',
    folder: place,
    process: child,
    output,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      if (folder === undefined) await rm(place, { recursive: true, force: true });
    },
  };
}

/** Runs the service to its end, which is expected to come by itself. */
export async function runService(
  folder: string,
  environment: Record<string, string> = {},
  nodeOptions: readonly string[] = [],
  args: readonly string[] = [],
): Promise<Ended> {
  const { child, output } = spawnService(folder, environment, [process.execPath, ...nodeOptions, START, ...args]);
  const [exitCode] = await once(child, 'close');
  return { exitCode, output: output() };
}
