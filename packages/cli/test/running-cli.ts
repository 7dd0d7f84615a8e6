import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../src/bin/safelight.ts');

/** The program's source, run as in the repository. */
export const SOURCE = [process.execPath, '--conditions=safelight-source', PROGRAM] as const;

/** A run of the program, as a separate process. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once stdout and stderr so far have so many matches. Fails if the program ends before. */
  printed(pattern: RegExp, count?: number): Promise<void>;
}

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The objects on stdout. Fails if a line isn't JSON, or the last one has no end. */
  json(): readonly Line[];
}

/** What tests read of a line of --json. */
export interface Line {
  readonly event?: string;
  readonly path?: string;
  readonly image_id?: string;
  readonly image?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string };
  readonly [field: string]: unknown;
}

/** A shell of a person: a folder to be in, settings of their own, and a service in the environment. */
export interface Shell extends AsyncDisposable {
  readonly folder: string;
  start(args: readonly string[], options?: RunOptions): Running;
  /** Runs the program to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
}

export interface RunOptions {
  /** undefined: the variable isn't there. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array;
  readonly command?: readonly string[];
  readonly cwd?: string;
  /** For the test to write to. */
  readonly keepsStdin?: boolean;
}

export async function openShell(environment: Readonly<Record<string, string>> = {}): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-cli-'));
  const home = join(folder, '.home');
  const start: Shell['start'] = (
    args,
    { env = {}, stdin = '', command = SOURCE, cwd = folder, keepsStdin = false } = {},
  ) => {
    const [program = '', ...before] = command;
    const child = spawn(program, [...before, ...args], {
      cwd,
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], // half of the CPU time of a short process
        HOME: home,
        XDG_CONFIG_HOME: join(home, 'config'),
        ...environment,
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined); // a program that doesn't read
    if (!keepsStdin) child.stdin.end(stdin);
    return watched(child);
  };
  return {
    folder,
    start,
    run: (args, options) => start(args, options).ended,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

function watched(child: ChildProcess): Running {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      child.emit('printed');
    });
  let hasEnded = false;
  const ended = once(child, 'close').then(([exitCode, signal]): Ended => {
    hasEnded = true;
    const { stdout, stderr } = output;
    return { exitCode, signal, stdout, stderr, json: () => linesOf(stdout) };
  });
  return {
    child,
    ended,
    async printed(pattern, count = 1) {
      const every = new RegExp(pattern, 'g');
      for (;;) {
        const text = output.stdout + output.stderr;
        if ([...text.matchAll(every)].length >= count) return;
        if (hasEnded) throw new Error(`expected ${count} times ${pattern}; the program ended with ${text}`);
        await Promise.race([once(child, 'printed'), ended]);
      }
    },
  };
}

function linesOf(stdout: string): readonly Line[] {
  if (stdout === '') return [];
  if (!stdout.endsWith('\n')) throw new Error(`expected whole lines; got ${stdout.slice(-100)}`);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
