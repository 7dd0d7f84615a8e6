import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { createDecodeProcesses } from '../../src/imaging/processes/decode-processes.ts';
import type { OnDemandJob } from '../../src/imaging/processes/on-demand-child.fixture.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';

/** A single decode process that is busy until released; waiting files then pass it in the order of their turns. */
export interface HeldDecoder extends AsyncDisposable {
  wrap(imaging: Imaging): Imaging;
  /** Waits until this many files have arrived in total. */
  untilAsked(count: number): Promise<void>;
  release(): Promise<void>;
  /** The sizes of the processed files, in order. */
  passed(): Promise<readonly number[]>;
}

/** The test releases the decoder when its condition holds, and each of its waits has a limit of its own. */
const UNTIL_RELEASED_SECONDS = 86_400;

export interface HoldDecoderOptions {
  readonly maxWaitSeconds?: number;
  /** The limit of waiting inspections. */
  readonly maxWaiting?: number;
  readonly maxFetchedBytes?: number;
}

export async function holdDecoder(folder: string, options: HoldDecoderOptions = {}): Promise<HeldDecoder> {
  const {
    maxWaitSeconds = UNTIL_RELEASED_SECONDS,
    maxWaiting = 64,
    maxFetchedBytes = Number.POSITIVE_INFINITY,
  } = options;
  const [mine, other, notes] = ['mine', 'other', 'notes'].map((name) => join(folder, name)) as [string, string, string];
  const pool = createDecodeProcesses<OnDemandJob, unknown>({
    childFile: new URL('../../src/imaging/processes/on-demand-child.fixture.ts', import.meta.url),
    maxProcesses: 1,
    maxWaiting: { inspection: maxWaiting, request: 1, background: 1 },
    maxWaitSeconds,
    maxFetchedBytes,
    timeoutSeconds: UNTIL_RELEASED_SECONDS,
    maxMemoryBytes: Number.POSITIVE_INFINITY,
    maxRestingBytes: Number.POSITIVE_INFINITY,
    idleSeconds: 60,
  });
  const held = pool.run({ do: 'meet', mine, other }, { urgency: 'inspection' });
  await until(async () => existsSync(mine));
  let asked = 0;
  return {
    wrap: (imaging) => ({
      ...imaging,
      async inspect(source, type, turn) {
        let file = '';
        const noteOf = async (path: string): Promise<OnDemandJob> => {
          file = path;
          const { length } = await readFile(path);
          asked += 1;
          return { do: 'note', line: String(length), file: notes };
        };
        const job =
          typeof source === 'string'
            ? await noteOf(source)
            : {
                sizeBytes: source.sizeBytes,
                fetch: async (signal: AbortSignal) => noteOf((await source.fetch(signal)).path),
              };
        await pool.run(job, { ...turn, urgency: 'inspection' });
        return imaging.inspect(file, type);
      },
    }),
    untilAsked: (count) => until(async () => asked >= count),
    async release() {
      await writeFile(other, '');
      await held;
    },
    async passed() {
      const lines = await readFile(notes, 'utf8').catch(() => '');
      return lines.split('\n').slice(0, -1).map(Number);
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
