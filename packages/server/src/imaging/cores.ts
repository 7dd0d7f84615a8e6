import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * A core for each of so many decoders, where these are all that this process may run on; else none. Given two of sixty-four, it
 * isn't for us to say which: every container of that machine would choose the same.
 */
export function coresForEach(count: number, allowed = allowedCores()): number[] {
  if (count < 2 || allowed.length !== count) return [];
  const first = randomInt(count); // two services of one machine that have little to do shall not do it on the same core
  return [...allowed.slice(first), ...allowed.slice(0, first)];
}

/** The numbers of the cores that this process may run on; none where the system doesn't tell: only Linux does. */
export function allowedCores(status: () => string = ownStatus): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status())?.[1] ?? '';
    return list.split(',').flatMap(numbersOf);
  } catch {
    return [];
  }
}

const ownStatus = () => readFileSync('/proc/self/status', 'latin1');

/** `0-3` or `5` (proc_pid_status(5)). */
function numbersOf(range: string): number[] {
  const [first = Number.NaN, last = first] = range.split('-').map((text) => Number.parseInt(text, 10));
  return Array.from({ length: last - first + 1 || 0 }, (_, index) => first + index);
}

/**
 * All threads of a process, and those they will start, from now on run on that core only; on any where `taskset` is missing. It is
 * shown nothing of our environment, and looked for where systems keep such programs.
 */
export function holdToCore(id: number, core: number): void {
  execFile('taskset', ['-acp', `${core}`, `${id}`], { env: {} }, () => {}).unref();
}
