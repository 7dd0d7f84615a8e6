import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type TestImage, testImage } from '../test/pictures/test-images.ts';
import { shareOut } from './clients.ts';
import { compare, judge, type Measurement, megabytes } from './measurement.ts';
import { memoryOf, memoryOfTree, ownNode, processTree, settled } from './memory.ts';
import { startService } from './program.ts';
import { createPictureClient, type Render, signedRenders, uploadPicture } from './render-client.ts';
import { mixedRender } from './render-mix.ts';
import { temporaryFolder } from './temporary-folder.ts';

const FEW = 1_000;
const MANY = 10_000;

/** A decode process above this is replaced (imaging). */
const MAX_RESTING_BYTES = 300 * 1_048_576;
const SAMPLE_MS = 250;
/** A decode process ends after so many jobs (imaging). */
const JOBS_PER_PROCESS = 500;

/** A mix like a service's images: mostly small, sometimes a large one. */
const SOURCES: readonly (TestImage & { readonly copies: number })[] = [
  { type: 'image/jpeg', width: 500, height: 375, copies: 30 },
  { type: 'image/png', width: 500, height: 400, copies: 30 },
  { type: 'image/webp', width: 480, height: 500, copies: 30 },
  { type: 'image/jpeg', width: 500, height: 333, orientation: 6, copies: 30 },
  { type: 'image/gif', width: 240, height: 180, frames: 8, copies: 6 },
  { type: 'image/webp', width: 240, height: 200, frames: 6, copies: 3 },
  { type: 'image/avif', width: 500, height: 375, copies: 10 },
  { type: 'image/jpeg', width: 4_000, height: 3_000, copies: 1 },
  { type: 'image/png', width: 1_500, height: 1_200, copies: 1 },
];

/** Memory after many transforms of all kinds, against that after a tenth of them. */
export async function transformMemory(): Promise<readonly Measurement[]> {
  await using folder = await temporaryFolder();
  await using service = await startService({ folder: folder.path, command: ownNode(folder.path) });
  const ids = await uploadSources(service.origin);
  const renders = Array.from({ length: MANY }, (_, index) => renderOf(ids, index));
  const paths = await signedRenders(service.origin, renders);

  using client = createPictureClient(service.origin);
  const ask = (some: readonly string[]) =>
    shareOut(some, availableParallelism(), async (path) => {
      const { status, type, bytes } = await client.get(path);
      if (status !== 200 || !type.startsWith('image/'))
        throw new Error(`expected 200 and an image to ${path}; got ${status} ${type} ${status === 200 ? '' : bytes}`);
    });
  const memory = async () => {
    const all = await settled(() => memoryOfTree(service.id));
    const own = await memoryOf(service.id);
    return { all, decoders: all - own.all };
  };
  await using peaks = watchPeaks(service.id);
  await ask(paths.slice(0, FEW));
  const afterFew = await memory();
  await ask(paths.slice(FEW));
  const afterMany = await memory();
  const resting = await Promise.all((await decodersOf(service.id)).map((id) => statusOf(id, 'VmRSS')));
  const counted = MANY.toLocaleString('en');
  return [
    compare(
      `transform-memory, all processes after ${counted} mixed transforms / after ${FEW.toLocaleString('en')}`,
      { subject: [afterMany.all], floor: [afterFew.all] },
      { unit: megabytes, goal: { atMost: 1.2 } },
    ),
    compare(
      'transform-memory, of these the decode processes',
      { subject: [afterMany.decoders], floor: [afterFew.decoders] },
      { unit: megabytes, goal: { atMost: 1.2 } },
    ),
    judge('transform-memory, a decode process after that, with all its pages, at most', [Math.max(...resting)], {
      unit: megabytes,
      goal: { atMost: MAX_RESTING_BYTES },
    }),
    judge('transform-memory, a decode process while it works, at most', [Math.max(...peaks.bytes.values())], {
      unit: megabytes,
    }),
    judge('transform-memory, decode processes that were needed for it', [peaks.bytes.size], {
      unit: String,
      goal: { atMost: MANY / JOBS_PER_PROCESS + availableParallelism() },
    }),
  ];
}

/** Each source's copies are separate images. */
async function uploadSources(origin: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { copies, ...picture } of SOURCES) {
    const bytes = await testImage(picture);
    await shareOut(Array(copies).keys(), availableParallelism(), async () => {
      ids.push(await uploadPicture(origin, bytes, picture.type));
    });
  }
  return ids;
}

/** The images in turn: of each, more renditions than are kept. */
const renderOf = (ids: readonly string[], index: number): Render => mixedRender(ids[index % ids.length] ?? '', index);

interface Peaks extends AsyncDisposable {
  /** By process. */
  readonly bytes: ReadonlyMap<number, number>;
}

/** The peak memory of each decode process, as the kernel records it. */
function watchPeaks(service: number): Peaks {
  const bytes = new Map<number, number>();
  const done = new AbortController();
  const watching = (async () => {
    while (!done.signal.aborted) {
      for (const id of await decodersOf(service)) {
        const peak = await statusOf(id, 'VmHWM').catch(() => 0); // it may have just ended
        bytes.set(id, Math.max(bytes.get(id) ?? 0, peak));
      }
      await delay(SAMPLE_MS, undefined, { signal: done.signal }).catch(() => undefined);
    }
  })();
  return {
    bytes,
    async [Symbol.asyncDispose]() {
      done.abort();
      await watching;
    },
  };
}

const decodersOf = async (service: number): Promise<number[]> => (await processTree(service)).slice(1);

/** In bytes (proc_pid_status); 0 of a process that has just ended and has no memory any more. */
async function statusOf(id: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const text = await readFile(`/proc/${id}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
}
