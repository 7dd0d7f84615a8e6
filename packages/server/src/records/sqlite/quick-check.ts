import { join } from 'node:path';
import { runInChild } from './child-program.ts';
import { DATABASE_FILE } from './database.ts';

const MOST_FAULTS = 20;
const BUSY_TIMEOUT_MS = 5_000;

const PROGRAM = `
const { writeSync } = require('node:fs');
const { DatabaseSync } = require('node:sqlite');
const { path, timeout, most } = JSON.parse(process.argv[1]);
const database = new DatabaseSync(path, { readOnly: true, timeout });
let faults;
try {
  faults = database.prepare('PRAGMA quick_check(' + most + ')').all().map((row) => row.quick_check);
} catch (error) {
  if (![11, 26].includes(error.errcode & 0xff)) throw error;
  faults = [error.message];
}
writeSync(1, JSON.stringify(faults.filter((fault) => fault !== 'ok')));`;

/**
 * The faults in the structure of a folder's database; none: it is sound. It reads the whole file beside the service,
 * whose log grows meanwhile. It doesn't compare indexes with their tables, nor what rows say. undefined: it was ended,
 * or could not run. Never fails.
 */
export async function quickCheck(folder: string, signal?: AbortSignal): Promise<readonly string[] | undefined> {
  if (signal?.aborted) return undefined;
  const job = { path: join(folder, DATABASE_FILE), timeout: BUSY_TIMEOUT_MS, most: MOST_FAULTS };
  const check = runInChild<readonly string[]>(PROGRAM, job, (child) => {
    const kill = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', kill);
    return () => signal?.removeEventListener('abort', kill);
  });
  return check.catch(() => undefined);
}
