import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { skipWithout } from '../../../../test/servers/installed.ts';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/**
 * Whether others may pass each folder above this file: a clone below one of root's own, such as a temporary one, is
 * root's alone.
 */
function isOpenToOthers(): boolean {
  for (let path = import.meta.dirname; path !== dirname(path); path = dirname(path))
    if ((statSync(path).mode & 0o001) === 0) return false;
  return true;
}

/**
 * The reason to skip, or false: root needs a program to drop its privileges, and others must be able to read ours. In
 * CI they fail without.
 */
export const NO_NOBODY =
  isRoot &&
  (skipWithout('setpriv') || (!process.env['CI'] && !isOpenToOthers() && 'needs a clone that other users may read'));

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
