import { readFile } from 'node:fs/promises';
import { corpusFiles } from '../packages/server/test/corpus.ts';
import { testImage } from '../packages/server/test/test-images.ts';

/** What cameras and phones make: nothing smaller. */
const MIN_PIXELS = 2_000_000;
const GENERATED = { width: 4_000, height: 3_000, seeds: [1, 2, 3, 4] };

export interface Photographs {
  /** For a row: how many, and of what size. */
  readonly about: string;
  /** JPEGs. */
  readonly all: readonly Buffer[];
}

/** Those of the corpus (`CORPUS_DIR`), else generated ones. */
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
