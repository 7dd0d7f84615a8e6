import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_SERVERS_URL } from './shared-servers.ts';

/** For tests: `npm run test-servers`. */
export interface StartedByHand extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly folders: { readonly ceph: string; readonly dynoxide: string; readonly fauxqs: string };
  /** The printed environment. */
  readonly environment: ReadonlyMap<string, string>;
}

const LAST_LINE = new RegExp(`^export ${TEST_SERVERS_URL}=.+\n`, 'm');

/** The printed folder of the server of this name; empty if there was none. */
const folderIn = (printed: string, name: string): string =>
  new RegExp(`^# ${name}.*logs: (.*)$`, 'm').exec(printed)?.[1] ?? '';

export async function startByHand(env: NodeJS.ProcessEnv = process.env): Promise<StartedByHand> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'start.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += chunk;
    if (LAST_LINE.test(printed)) break;
  }
  const folders = {
    ceph: folderIn(printed, 'Ceph'),
    dynoxide: folderIn(printed, 'dynoxide'),
    fauxqs: folderIn(printed, 'fauxqs'),
  };
  const exports = printed.matchAll(/^export (\w+)=(.*)$/gm);
  return {
    process: child,
    folders,
    environment: new Map([...exports].map(([, name = '', value = '']) => [name, value])),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true });
    },
  };
}
