import { readdir, readFile } from 'node:fs/promises';
import { childrenOf } from '../../src/imaging/processes/process-list.fixture.ts';

/** In bytes (proc_pid_smaps_rollup). Pages shared by several processes are divided among them (PSS). */
export interface TreeMemory {
  readonly all: number;
  /** The part of `all` that the service itself holds outside of files: heap, buffers, stacks. */
  readonly own: number;
  /** The part of `all` that its decode processes hold outside of files. */
  readonly decoders: number;
  readonly processes: number;
}

/** The memory of a service and its decode processes. Linux only. */
export async function memoryOfTree(root: number): Promise<TreeMemory> {
  const children = await childrenOf(root);
  const [service, ...decoders] = await Promise.all([root, ...children].map(memoryOf));
  const sum = (field: 'all' | 'anonymous') => decoders.reduce((total, one) => total + one[field], 0);
  return {
    all: (service?.all ?? 0) + sum('all'),
    own: service?.anonymous ?? 0,
    decoders: sum('anonymous'),
    processes: 1 + children.length,
  };
}

async function memoryOf(id: number): Promise<{ all: number; anonymous: number }> {
  const text = await readFile(`/proc/${id}/smaps_rollup`, 'utf8').catch(() => ''); // it may have ended
  const field = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { all: field('Pss'), anonymous: field('Pss_Anon') };
}

/** The number of open files, sockets and pipes of a process. Linux only. */
export const descriptorsOf = async (id: number): Promise<number> => (await readdir(`/proc/${id}/fd`)).length;

/**
 * Whether a process has mapped a file below `folder`, as libvips does with its input (proc_pid_maps(5)). Linux only.
 */
export const reads = async (id: number, folder: string): Promise<boolean> =>
  (await readFile(`/proc/${id}/maps`, 'utf8').catch(() => '')).includes(` ${folder}/`);
