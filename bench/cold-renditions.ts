import { availableParallelism } from 'node:os';
import sharp from 'sharp';
import { shareOut } from './clients.ts';
import { cpuSecondsOfTree } from './cpu.ts';
import { askEachOnce } from './load.ts';
import type { Original } from './originals.ts';
import { LARGE_UPLOADS, SILENT, startService } from './program.ts';
import { createPictureClient, type PictureAnswer, signedRenders, uploadPicture } from './render-client.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { workingCopies } from './working-copies.ts';

/** Concurrent pictures: two for each core. */
export const AT_ONCE = 2 * availableParallelism();

/** The side of the rendition after which a JPEG's copy is made in the background. */
const SIDE_BEFORE = 800;

export interface StoredOriginal extends Original {
  readonly hasCopy: boolean;
  /** How many images of it are stored. */
  readonly images: number;
}

export interface Asked {
  readonly side: number;
  readonly format: string;
}

/** A service whose images have their working copies. */
export interface ColdRenditions extends AsyncDisposable {
  /**
   * Renditions a second, one of each image, which must not have been asked for before. The clock starts when all are
   * signed. `onCpu` gets the CPU seconds of all the service's processes.
   */
  perSecond(asked: Asked, onCpu?: (seconds: number) => void): Promise<number>;
}

export async function startColdRenditions(
  original: StoredOriginal,
  pictures: readonly Buffer[],
): Promise<ColdRenditions> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const { origin, id } = stack.use(
    await startService({ folder: folder.path, environment: { ...SILENT, ...LARGE_UPLOADS } }),
  );
  const { type, images, hasCopy } = original;
  const ids: string[] = [];
  await shareOut(Array(images).keys(), availableParallelism(), async (index) => {
    ids.push(await uploadPicture(origin, pictures[index % pictures.length] ?? Buffer.alloc(0), type));
  });
  if (hasCopy && type === 'image/jpeg')
    await askEach(origin, await sign(origin, ids, { side: SIDE_BEFORE, format: 'jpeg' }));
  await workingCopies(folder.path, hasCopy ? images : 0);
  const held = stack.move();
  return {
    async perSecond(asked, onCpu = () => undefined) {
      const paths = await sign(origin, ids, asked);
      const before = await cpuSecondsOfTree(id);
      const seconds = await askEach(origin, paths);
      onCpu((await cpuSecondsOfTree(id)) - before);
      using client = createPictureClient(origin);
      for (const path of paths) await requirePicture(await client.get(path), asked);
      return paths.length / seconds;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Every round asks for another size: the next smaller one. */
export function sidesFrom(side: number): () => number {
  let next = side;
  return () => next--;
}

const sign = (origin: string, ids: readonly string[], { side, format }: Asked): Promise<string[]> =>
  signedRenders(
    origin,
    ids.map((image_id) => ({ image_id, w: side, h: side, format })),
  );

const askEach = (origin: string, paths: readonly string[]): Promise<number> =>
  askEachOnce({ origin, requests: paths.map((path) => ({ method: 'GET', path })), connections: AT_ONCE });

export async function requirePicture({ status, type, bytes }: PictureAnswer, { side, format }: Asked): Promise<void> {
  if (status !== 200 || type !== `image/${format}`)
    throw new Error(`expected 200 and image/${format}; got ${status} and ${type} ${status === 200 ? '' : bytes}`);
  const { width, height } = await sharp(bytes).metadata();
  if (Math.max(width, height) !== side) throw new Error(`expected ${side} pixels at most; got ${width} x ${height}`);
}
