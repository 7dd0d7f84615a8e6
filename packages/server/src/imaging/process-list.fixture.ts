import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

/** For tests: the ids of the live decode processes that `parent` has started. */
export async function childrenOf(parent: number): Promise<number[]> {
  return (await processes())
    .filter((row) => row.parent === parent && row.command.includes('-child.ts'))
    .map(({ id }) => id);
}

/** For tests: whether process `id` still runs; a zombie doesn't. */
export const isAlive = async (id: number): Promise<boolean> => (await processes()).some((row) => row.id === id);

async function processes() {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [id, parent, state, ...command] = line.trim().split(/\s+/);
    return state && !state.startsWith('Z')
      ? [{ id: Number(id), parent: Number(parent), command: command.join(' ') }]
      : [];
  });
}

/** For tests: waits for `condition`, up to 20 s. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await setTimeout(10)) if (await condition()) return;
  throw new Error('expected the condition to come true within 20 s; it did not');
}
