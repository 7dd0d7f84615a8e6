import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..');

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };

/** Node's arguments in `npm start`. */
export const NPM_START: readonly string[] = scripts.start
  .split(' ')
  .slice(1)
  .map((word) => (word.startsWith('-') ? word : join(ROOT, word)));

/** The start command without the search for a newer Node. */
export const START = NPM_START.filter((word) => !word.endsWith('scripts/node.js'));

/** A server in its own process. */
export interface RunningProgram extends AsyncDisposable {
  readonly origin: string;
  readonly id: number;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  /** Its folder, with its output in `output.log`: a service's log, as a collector receives it. */
  readonly folder: string;
  readonly command?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Started, and listening on its own port. */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  const port = await freePort();
  const output = await open(join(options.folder, 'output.log'), 'w');
  const child = spawn(options.command ?? process.execPath, options.args, {
    cwd: options.folder,
    env: { PATH: process.env['PATH'], HOME: tmpdir(), TMPDIR: tmpdir(), PORT: String(port), ...options.environment },
    stdio: ['ignore', output.fd, output.fd],
  });
  await output.close();
  if (child.pid === undefined) await once(child, 'spawn'); // throws the reason of a failure
  while (!(await isListening(port))) {
    if (hasEnded(child))
      throw new Error(`${options.args.join(' ')} ended: ${await readFile(join(options.folder, 'output.log'))}`);
    await delay(2);
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    id: child.pid ?? Number.NaN,
    async [Symbol.asyncDispose]() {
      if (hasEnded(child)) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

export interface ServiceOptions {
  /** Contains its records and objects, in `data`. */
  readonly folder: string;
  readonly command?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** For a comparison with a floor that writes no log either. */
export const SILENT = { LOG_LEVEL: 'silent' };

/** Direct uploads of what otherwise only a presigned URL takes. */
export const LARGE_UPLOADS = { MAX_DIRECT_UPLOAD_BYTES: '52428800' };

/** The service as users start it. */
export const startService = ({ folder, command, environment }: ServiceOptions): Promise<RunningProgram> =>
  startProgram({
    args: START,
    folder,
    ...(command === undefined ? {} : { command }),
    environment: { DATA_DIR: join(folder, 'data'), ...environment },
  });

/** A program of `floors/`. */
export const startFloor = (name: string, folder: string, args: readonly string[] = []): Promise<RunningProgram> =>
  startProgram({ args: [join(import.meta.dirname, 'floors', `${name}-floor.ts`), ...args], folder });

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function freePort(): Promise<number> {
  await using server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
