import { copyFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** In bytes (proc_pid_smaps_rollup). Pages shared by several processes are divided among them. */
export interface Memory {
  readonly all: number;
  /** Memory outside of files: heaps, buffers, stacks. */
  readonly anonymous: number;
}

export async function memoryOf(id: number): Promise<Memory> {
  const text = await readFile(`/proc/${id}/smaps_rollup`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024;
  return { all: field('Pss'), anonymous: field('Pss_Anon') };
}

/** The process and all its descendants. */
export async function processTree(root: number): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map<number, number>();
  for (const id of ids) {
    const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => ''); // it may have ended
    // proc_pid_stat(5): the name in parentheses may contain any character; after it follow the state and the parent.
    parents.set(id, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const tree = [root];
  for (const parent of tree) tree.push(...ids.filter((id) => parents.get(id) === parent));
  return tree;
}

export async function memoryOfTree(root: number): Promise<number> {
  const each = await Promise.all((await processTree(root)).map(memoryOf));
  return each.reduce((sum, { all }) => sum + all, 0);
}

const STEADY_BYTES = 1_048_576;
const STEADY_SAMPLES = 12;
const SAMPLE_MS = 250;
const LONGEST_SECONDS = 30;

/** The result of `sample` once it has been stable, within 1 MB, for three seconds. */
export async function settled(sample: () => Promise<number>): Promise<number> {
  const samples: number[] = [];
  for (const end = performance.now() + LONGEST_SECONDS * 1000; performance.now() < end; await delay(SAMPLE_MS)) {
    samples.push(await sample());
    const last = samples.slice(-STEADY_SAMPLES);
    if (last.length === STEADY_SAMPLES && Math.max(...last) - Math.min(...last) <= STEADY_BYTES)
      return Math.max(...last);
  }
  throw new Error(`expected memory at rest within ${LONGEST_SECONDS} s; got ${samples.slice(-STEADY_SAMPLES)}`);
}

const PEAK_SAMPLE_MS = 20;

/** The largest growth of the process above its idle state during `work`, and the duration. */
export async function growthWhile(
  id: number,
  work: () => Promise<void>,
): Promise<{ readonly growth: number; readonly seconds: number }> {
  const idle = await settled(async () => (await memoryOf(id)).all);
  const anonymousIdle = (await memoryOf(id)).anonymous;
  let [peak, anonymousPeak] = [idle, anonymousIdle];

  const done = new AbortController();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      const { all, anonymous } = await memoryOf(id);
      peak = Math.max(peak, all);
      anonymousPeak = Math.max(anonymousPeak, anonymous);
      await delay(PEAK_SAMPLE_MS);
    }
  })();
  const start = performance.now();
  await work().finally(() => done.abort());
  const seconds = (performance.now() - start) / 1000;
  await sampling;
  // The decode processes share the program's pages, which reduces `all`: the private memory may have grown more.
  return { growth: Math.max(peak - idle, anonymousPeak - anonymousIdle), seconds };
}

/** A separate copy of Node for the measured processes: other processes with the same file would share its pages. */
export function ownNode(folder: string): string {
  const path = join(folder, 'node');
  copyFileSync(process.execPath, path);
  return path;
}
