import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { judge, type Measurement, milliseconds } from './measurement.ts';
import { processTree } from './memory.ts';
import { START } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 11;
const ROOT = join(import.meta.dirname, '..');
const FLOOR = join(import.meta.dirname, 'floors/start-floor.ts');

/** From spawn to the first answer of /health. */
export async function start(): Promise<readonly Measurement[]> {
  await using cache = await temporaryFolder();
  const node = (path: string, cacheFolder: string) => () =>
    secondsToHealth({ command: process.execPath, args: [path], cwd: undefined, cacheFolder });
  const npm = () => secondsToHealth({ command: 'npm', args: ['start'], cwd: ROOT, cacheFolder: cache.path });
  await node(START, cache.path)();
  await npm();
  const { service, npmStart, floor } = await alternate(ROUNDS, {
    floor: node(FLOOR, cache.path),
    service: node(START, cache.path),
    npmStart: npm,
  });
  const { first } = await alternate(ROUNDS, {
    async first() {
      await using empty = await temporaryFolder();
      return node(START, empty.path)();
    },
  });
  return [
    judge('start, spawn to /health', service, { unit: milliseconds, goal: { atMost: 500 }, floor }),
    judge('start, the same with nothing compiled yet', first, { unit: milliseconds, goal: { atMost: 500 } }),
    judge('start, `npm start` to /health', npmStart, { unit: milliseconds, goal: { atMost: 1_000 } }),
  ];
}

interface Spawned {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** Where Node keeps what it compiled. */
  readonly cacheFolder: string;
}

async function secondsToHealth({ command, args, cwd, cacheFolder }: Spawned): Promise<number> {
  await using folder = await temporaryFolder();
  const begin = performance.now();
  const child = spawn(command, args, {
    cwd: cwd ?? folder.path,
    env: {
      PATH: process.env['PATH'],
      HOME: homedir(),
      NODE_COMPILE_CACHE: cacheFolder,
      PORT: '0',
      npm_config_loglevel: 'error',
      DATA_DIR: join(folder.path, 'data'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let output = '';
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += text;
    if (/listens on \S+/.test(output)) break;
  }
  const origin = /listens on (\S+)/.exec(output)?.[1];
  if (origin === undefined) throw new Error(`expected ${command} ${args.join(' ')} to listen; it ended: ${output}`);
  const { status } = await fetch(`${origin}/health`);
  const took = performance.now() - begin;
  if (status !== 200) throw new Error(`expected 200 of /health; came ${status}`);
  const serving = (await processTree(child.pid ?? Number.NaN)).at(-1); // what npm started, and it in turn, ends with it
  if (serving !== undefined) process.kill(serving, 'SIGTERM');
  child.stdout.resume();
  await ended;
  return took;
}
