import { readFile } from 'node:fs/promises';
import { processTree } from './memory.ts';

/** Linux' unit of times in `/proc`, for every architecture. */
const TICKS_PER_SECOND = 100;

/** Fields of `/proc/<id>/stat` behind the name, from 0: utime, stime, and those of children that have ended. */
const TIMES = [11, 12, 13, 14];

/** The CPU time of a process and its children since their start. */
export async function cpuSecondsOfTree(root: number): Promise<number> {
  const all = await Promise.all((await processTree(root)).map(cpuSecondsOf));
  return all.reduce((sum, seconds) => sum + seconds, 0);
}

/** 0 for a process that has ended. */
async function cpuSecondsOf(id: number): Promise<number> {
  const stat = await readFile(`/proc/${id}/stat`, 'latin1').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TIMES.reduce((sum, field) => sum + Number(fields[field] ?? 0), 0) / TICKS_PER_SECOND;
}
