import { createInterface } from 'node:readline';
import { wrongUsage } from '../failure.ts';

/**
 * Ids from the arguments; `-` stands for those on stdin, the first word of each line, as `safelight ls` prints them.
 */
export async function* imageIds(given: readonly string[]): AsyncGenerator<string, void, void> {
  for (const id of given) if (id !== '-') requireId(id); // before anything is done
  for await (const id of namesIn(given)) yield requireId(id);
}

/** Names of anything from the arguments; `-` stands for those on stdin. */
export async function* namesIn(given: readonly string[]): AsyncGenerator<string, void, void> {
  for (const name of given) {
    if (name !== '-') {
      yield name;
      continue;
    }
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
      const [word = ''] = line.trim().split(/\s/, 1);
      if (word !== '') yield word;
    }
  }
}

/** The service would answer that there is none; a file's name here is a mistake that can be told. */
function requireId(id: string): string {
  if (isImageId(id)) return id;
  throw wrongUsage(`Expected an image id, as \`safelight ls\` prints it; got ${id}.`);
}

/** So it is no path either. */
export const isImageId = (id: unknown): id is string =>
  typeof id === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
