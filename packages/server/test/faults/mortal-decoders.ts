import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { createDecodeProcesses } from '../../src/imaging/processes/decode-processes.ts';
import type { OnDemandJob } from '../../src/imaging/processes/on-demand-child.fixture.ts';

const MARK = 'POISON';

/** Decode processes that really crash on marked files, with a count of crashes. */
export interface MortalDecoders extends AsyncDisposable {
  wrap(imaging: Imaging): Imaging;
  deaths(): Promise<number>;
}

/** The picture with a mark that crashes a decode process. */
export const poisoned = (picture: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat([picture, Buffer.from(MARK)]));

/** `folder` contains the count. */
export function createMortalDecoders(folder: string): MortalDecoders {
  const tally = join(folder, 'deaths');
  const pool = createDecodeProcesses<OnDemandJob, never>({
    childFile: new URL('../../src/imaging/processes/on-demand-child.fixture.ts', import.meta.url),
    maxProcesses: 2,
    maxWaiting: { inspection: 64, request: 1, background: 1 },
    maxWaitSeconds: 60,
    timeoutSeconds: 60,
    maxMemoryBytes: Number.POSITIVE_INFINITY,
    maxRestingBytes: Number.POSITIVE_INFINITY,
    idleSeconds: 60,
  });
  return {
    wrap: (imaging) => ({
      ...imaging,
      async inspect(source, ...rest) {
        const never = new AbortController().signal;
        const path = typeof source === 'string' ? source : (await source.fetch(never)).path;
        if (!(await readFile(path)).includes(MARK)) return imaging.inspect(path, ...rest);
        return pool.run({ do: 'crash', tally }, { urgency: 'inspection' });
      },
    }),
    deaths: () =>
      stat(tally).then(
        ({ size }) => size,
        () => 0,
      ),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
