import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, isAlive, signalProcess, until } from '../../src/imaging/processes/process-list.fixture.ts';
import { PATIENT } from './patience.ts';
import { recording } from './recording.ts';

const START = join(import.meta.dirname, '../../src/bin/start.js');

/** `npm start` as a separate process, on a free port and a temporary folder. */
export interface RunningService extends AsyncDisposable {
  readonly origin: string;
  readonly folder: string;
  readonly process: ChildProcess;
  /** Its output so far, on both streams. */
  output(): string;
  /** Ends the service and its decode processes, and removes the temporary folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A process that was started and has ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

/** The compiled code that the processes of a run share: half of the CPU time of a short one. */
const { NODE_COMPILE_CACHE } = process.env;

/** Without the caller's own settings, so that a developer's .env doesn't affect tests. */
const environmentOf = (own: Record<string, string>) => ({
  PATH: process.env['PATH'],
  HOME: tmpdir(),
  NODE_COMPILE_CACHE,
  ...recording(),
  ...own,
});

/** A program of ours, with its output so far on both streams. */
export interface Spawned {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<Ended>;
}

export function spawnProgram(folder: string, environment: Record<string, string>, command: readonly string[]): Spawned {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: folder,
    env: environmentOf({ PORT: '0', DATA_DIR: join(folder, 'data'), ...PATIENT, ...environment }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode, output }));
  return { child, output: () => output, ended };
}

/** The matching part of its output. Fails if the program ends before. */
export async function untilPrinted({ child, output, ended }: Spawned, pattern: RegExp): Promise<RegExpExecArray> {
  let hasEnded = false;
  const end = ended.then(() => {
    hasEnded = true;
  });
  for (;;) {
    const printed = pattern.exec(output());
    if (printed) return printed;
    if (hasEnded) throw new Error(`the program ended: ${output()}`);
    await Promise.race([once(child.stdout ?? child, 'data'), end]);
  }
}

/** `under`: a command that runs another one, such as a tracer; the inner command must stay this process's child. */
export async function startService(
  environment: Record<string, string> = {},
  folder?: string,
  under: readonly string[] = [],
): Promise<RunningService> {
  const place = folder ?? (await mkdtemp(join(tmpdir(), 'safelight-')));
  const spawned = spawnProgram(place, environment, [...under, process.execPath, START]);
  const { child, output } = spawned;
  const [, origin = ''] = await untilPrinted(spawned, /listens on (\S+)/);
  return {
    origin,
    folder: place,
    process: child,
    output,
    async [Symbol.asyncDispose]() {
      await killAll({ process: child });
      if (folder === undefined) await rm(place, { recursive: true, force: true });
    },
  };
}

/**
 * Kills all its processes (SIGKILL), and resolves once they have ended, so that nothing holds a file of theirs. The
 * service is stopped first, so that its children stay the same.
 */
export async function killAll({ process: service }: Pick<RunningService, 'process'>): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const exited = once(service, 'exit');
  if (!service.kill('SIGSTOP')) return; // it has just ended by itself
  const children = service.pid === undefined ? [] : await childrenOf(service.pid);
  service.kill('SIGKILL');
  for (const id of children) killIfThere(id);
  await exited;
  await until(async () => !(await Promise.all(children.map(isAlive))).includes(true));
}

function killIfThere(id: number): void {
  try {
    signalProcess(id, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ended with its parent
  }
}

/** Runs the service to its end, which must come by itself. */
export async function runService(
  folder: string,
  environment: Record<string, string> = {},
  nodeOptions: readonly string[] = [],
  args: readonly string[] = [],
): Promise<Ended> {
  return spawnProgram(folder, environment, [process.execPath, ...nodeOptions, START, ...args]).ended;
}
