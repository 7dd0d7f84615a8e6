import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

/** For tests: the ids of the live decode processes that `parent` has started. */
export async function childrenOf(parent: number): Promise<number[]> {
  return (await processes())
    .filter((row) => row.parent === parent && row.command.includes('-child.'))
    .map(({ id }) => id);
}

/**
 * For tests: sends the signal to process `id`. Anything but the id of one process is an error, because 0 and -1 mean
 * many: a test that found no process and killed 0 ended the whole run, CI's script included.
 */
export function signalProcess(id: number | undefined, signal: NodeJS.Signals): void {
  if (id === undefined || !Number.isSafeInteger(id) || id <= 1)
    throw new Error(`expected the id of a process; got ${id}`);
  process.kill(id, signal);
}

/** For tests: whether process `id` still runs; a zombie doesn't once all its threads have ended. */
export const isAlive = async (id: number): Promise<boolean> => (await processes()).some((row) => row.id === id);

interface Row {
  readonly id: number;
  readonly parent: number;
  readonly command: string;
}

/** Linux lists processes in /proc, even without `ps`. */
const processes = (): Promise<Row[]> => (process.platform === 'linux' ? processesOfLinux() : processesByPs());

async function processesOfLinux(): Promise<Row[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const rows = ids.map(async (id): Promise<Row[]> => {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${id}/stat`, 'utf8'),
      readFile(`/proc/${id}/cmdline`, 'utf8'),
    ]);
    // proc_pid_stat(5): the name in parentheses may contain any character; after it follow the state, the parent, ...,
    // the threads.
    const [state, parent, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const hasEnded = state === 'Z' && Number(fields[15]) <= 1; // other threads of a killed process may still hold its files
    return hasEnded ? [] : [{ id: Number(id), parent: Number(parent), command: command.replaceAll('\0', ' ') }];
  });
  return (await Promise.all(rows.map((row) => row.catch(() => [])))).flat(); // a process may end meanwhile
}

async function processesByPs(): Promise<Row[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [id, parent, state, ...command] = line.trim().split(/\s+/);
    return state && !state.startsWith('Z')
      ? [{ id: Number(id), parent: Number(parent), command: command.join(' ') }]
      : [];
  });
}

/** A step that takes a second on an idle machine takes many on a busy one. */
const PATIENCE_SECONDS = 60;

/** For tests: waits for `condition`, up to a minute. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_SECONDS * 1000;
  for (; performance.now() < end; await setTimeout(10)) if (await condition()) return;
  throw new Error(`expected the condition to come true within ${PATIENCE_SECONDS} s; it did not`);
}
