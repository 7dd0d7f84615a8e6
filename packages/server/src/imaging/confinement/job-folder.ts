import { constants, mkdirSync, mkdtempSync } from 'node:fs';
import { copyFile, type FileHandle, link, open, opendir, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobPlaces } from './plan.ts';

/** The files of one decoder's current job. */
export interface JobFolder extends JobPlaces {
  /** Links the file at `path` into the folder and returns its path there. Errors: the system's. */
  bring(path: string): Promise<string>;
  /** The path for the output of that number. */
  output(index: number): string;
  /** Copies an output to `path`, which must be free. Errors: the system's, `UnexpectedFile`. */
  fetch(index: number, path: string): Promise<void>;
  /** Errors: the system's, `UnexpectedFile`. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

/** A decoder left a file that it was not asked for. */
export class UnexpectedFile extends Error {}

/** More than any rendition takes: 16 megapixels of noise in a PNG are 64 MB. */
const MAX_OUTPUT_BYTES = 256 * 1_048_576;
/** More than the outputs of the largest job and libvips' temporary files. */
const MAX_FILES = 256;

export function createJobFolder(parent: string): JobFolder {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(parent, 'decoder-'));
  const places: JobPlaces = {
    inputs: join(folder, 'inputs'),
    outputs: join(folder, 'outputs'),
    root: join(folder, 'root'),
  };
  for (const path of Object.values(places)) mkdirSync(path, { mode: 0o700 });
  const output = (index: number) => join(places.outputs, `${index}`);
  let inputs = 0;

  return {
    ...places,
    output,

    bring: async (path) => {
      const brought = join(places.inputs, `${inputs++}`);
      try {
        await link(path, brought);
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        await copyFile(path, brought); // another file system, or one without hard links
      }
      return brought;
    },

    fetch: (index, path) => copy(output(index), path),

    empty: async () => {
      inputs = 0;
      for (const path of [places.inputs, places.outputs]) await clear(path);
    },

    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const LINK_REFUSALS = ['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

const isElsewhere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && LINK_REFUSALS.includes(String(error.code));

/** Copies bytes instead of linking: the decoder may still hold the file open. */
const copy = async (from: string, to: string): Promise<void> => writeFile(to, await bytesOf(from), { flag: 'wx' });

async function bytesOf(path: string): Promise<Buffer> {
  await using file = await openOutput(path);
  const stats = await file.stat();
  if (!stats.isFile() || stats.size > MAX_OUTPUT_BYTES) throw new UnexpectedFile(`${stats.size} bytes`);
  const bytes = Buffer.allocUnsafe(stats.size);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break; // the decoder has truncated it since
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** Refuses symbolic links, and doesn't block on a pipe without a writer. */
async function openOutput(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new UnexpectedFile('no file', { cause });
  }
}

async function clear(path: string): Promise<void> {
  let count = 0;
  for await (const entry of await opendir(path)) {
    if (count === MAX_FILES || entry.isDirectory()) throw new UnexpectedFile(entry.name);
    await unlink(join(path, entry.name));
    count += 1;
  }
}
