import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { processTree } from './memory.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface Spawned {
  readonly command: string;
  readonly args: readonly string[];
  /** By default a temporary folder. */
  readonly cwd?: string;
  /** The folder of Node's compile cache. */
  readonly cacheFolder: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** From its start to the first answer of /health. */
export async function millisecondsToHealth({
  command,
  args,
  cwd,
  cacheFolder,
  environment = {},
}: Spawned): Promise<number> {
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
      ...environment,
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
  if (status !== 200) throw new Error(`expected 200 of /health; got ${status}`);
  const serving = (await processTree(child.pid ?? Number.NaN)).at(-1); // ending npm's child ends npm as well
  if (serving !== undefined) process.kill(serving, 'SIGTERM');
  child.stdout.resume();
  await ended;
  return took;
}
