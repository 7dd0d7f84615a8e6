import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { promisify } from 'node:util';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** What to put before a command that shall have no more rights than anyone: root reads any file and starts any number of processes. */
export const AS_NOBODY: readonly string[] = isRoot
  ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
  : [];

/** Makes the folder that of `AS_NOBODY`. */
export async function giveToNobody(folder: string): Promise<void> {
  if (isRoot) await chown(folder, NOBODY, NOBODY);
}

/** Sets a soft limit of a process of `AS_NOBODY` while it runs; answers the one it had. */
export async function limitProcess(id: number, limit: 'nofile' | 'nproc', value: string): Promise<string> {
  const [command = '', ...args] = [...AS_NOBODY, 'prlimit', `--pid=${id}`, `--${limit}`];
  const { stdout } = await promisify(execFile)(command, [...args, '--raw', '--noheadings', '--output=SOFT']);
  await promisify(execFile)(command, [...args.slice(0, -1), `--${limit}=${value}:`]);
  return stdout.trim();
}
