import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { promisify } from 'node:util';
import { skipWithout } from '../../../../test-servers/installed.ts';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** The reason to skip, or false: root needs a program to drop its privileges. */
export const NO_NOBODY = isRoot && skipWithout('setpriv');

/** A command prefix that drops all privileges: root can read any file and start any number of processes. */
export const AS_NOBODY: readonly string[] = isRoot
  ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
  : [];

/** Gives the folder to the user of `AS_NOBODY`. */
export async function giveToNobody(folder: string): Promise<void> {
  if (isRoot) await chown(folder, NOBODY, NOBODY);
}

/** Sets a soft limit of a running process of `AS_NOBODY`; returns the former one. */
export async function limitProcess(id: number, limit: 'nofile' | 'nproc', value: string): Promise<string> {
  const [command = '', ...args] = [...AS_NOBODY, 'prlimit', `--pid=${id}`, `--${limit}`];
  const { stdout } = await promisify(execFile)(command, [...args, '--raw', '--noheadings', '--output=SOFT']);
  await promisify(execFile)(command, [...args.slice(0, -1), `--${limit}=${value}:`]);
  return stdout.trim();
}
