import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** One process per core, each decoding one file at a time. */
export function startDecoders(): (path: string) => Promise<Size> {
  const idle = Array.from({ length: availableParallelism() }, () => fork(join(import.meta.dirname, 'decoder.ts')));
  const waiting: ((decoder: ChildProcess) => void)[] = [];

  return async (path) => {
    const decoder = idle.pop() ?? (await new Promise<ChildProcess>((resolve) => waiting.push(resolve)));
    decoder.send(path);
    const [size] = await once(decoder, 'message');
    const next = waiting.shift();
    if (next) next(decoder);
    else idle.push(decoder);
    return size;
  };
}
