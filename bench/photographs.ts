import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { corpusFiles } from '../packages/server/test/pictures/corpus.ts';
import { testImage } from '../test/pictures/test-images.ts';

/** The sizes of cameras and phones. */
const MIN_PIXELS = 2_000_000;
const GENERATED = { width: 4_000, height: 3_000, seeds: [1, 2, 3, 4] };

export interface Photographs {
  /** For a row: the number and the size. */
  readonly about: string;
  /** JPEGs. */
  readonly all: readonly Buffer[];
}

/** Those of the corpus (`CORPUS_DIR`), or generated ones. */
export async function photographs(): Promise<Photographs> {
  const real = corpusFiles().filter(
    ({ file, type, width, height }) =>
      file.startsWith('photos/') && type === 'image/jpeg' && width * height >= MIN_PIXELS,
  );
  const megapixels = real.map(({ width, height }) => Math.round((width * height) / 1_000_000));
  const { width, height, seeds } = GENERATED;
  if (real.length > 0) {
    return {
      about: `${real.length} photographs of ${Math.min(...megapixels)} to ${Math.max(...megapixels)} MP`,
      all: await Promise.all(real.map(({ path }) => readFile(path))),
    };
  }
  return {
    about: `${seeds.length} generated pictures of ${(width * height) / 1_000_000} MP`,
    all: await Promise.all(seeds.map((seed) => testImage({ type: 'image/jpeg', width, height, seed }))),
  };
}

/** The size of most uploads: a phone's photograph that an app has scaled down. */
const SMALL = { side: 1_280, maxBytes: 204_800, qualities: [95, 90, 85, 80, 70, 60, 50, 40] };

/** The photographs as JPEGs of at most 200 KB, each in the best quality that fits. */
export async function smallPhotographs(): Promise<Photographs> {
  const { all } = await photographs();
  const small = await Promise.all(all.map(scaledDown));
  const kilobytes = small.map(({ length }) => Math.round(length / 1024));
  return { about: `photographs of ${Math.min(...kilobytes)} to ${Math.max(...kilobytes)} kB`, all: small };
}

/** A JPEG of the same picture, turned upright. */
export async function scaledDown(photograph: Buffer): Promise<Buffer> {
  const { side, maxBytes, qualities } = SMALL;
  const scaled = sharp(photograph).autoOrient().resize({ width: side, height: side, fit: 'inside' });
  for (const quality of qualities) {
    const bytes = await scaled.clone().jpeg({ quality }).toBuffer();
    if (bytes.length <= maxBytes) return bytes;
  }
  throw new Error(`expected a photograph that fits into ${maxBytes} bytes; got none at quality ${qualities.at(-1)}`);
}
