import { availableParallelism } from 'node:os';
import sharp from 'sharp';
import { shareOut } from './clients.ts';
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
   * signed.
   */
  perSecond(asked: Asked): Promise<number>;
}

export async function startColdRenditions(
  original: StoredOriginal,
  pictures: readonly Buffer[],
): Promise<ColdRenditions> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const { origin } = stack.use(
    await startService({ folder: folder.path, environment: { ...SILENT, ...LARGE_UPLOADS } }),
  );
  const { type, images, hasCopy } = original;
  const ids: string[] = [];
  await shareOut(Array(images).keys(), availableParallelism(), async (index) => {
    ids.push(await uploadPicture(origin, pictures[index % pictures.length] ?? Buffer.alloc(0), type));
  });
  if (hasCopy && type === 'image/jpeg') await askEach(origin, ids, { side: SIDE_BEFORE, format: 'jpeg' });
  await workingCopies(folder.path, hasCopy ? images : 0);
  const held = stack.move();
  return {
    async perSecond(asked) {
      const { paths, seconds } = await askEach(origin, ids, asked);
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

async function askEach(origin: string, ids: readonly string[], { side, format }: Asked) {
  const renders = ids.map((image_id) => ({ image_id, w: side, h: side, format }));
  const paths = await signedRenders(origin, renders);
  const requests = paths.map((path) => ({ method: 'GET', path }) as const);
  return { paths, seconds: await askEachOnce({ origin, requests, connections: AT_ONCE }) };
}

export async function requirePicture({ status, type, bytes }: PictureAnswer, { side, format }: Asked): Promise<void> {
  if (status !== 200 || type !== `image/${format}`)
    throw new Error(`expected 200 and image/${format}; got ${status} and ${type} ${status === 200 ? '' : bytes}`);
  const { width, height } = await sharp(bytes).metadata();
  if (Math.max(width, height) !== side) throw new Error(`expected ${side} pixels at most; got ${width} x ${height}`);
}
