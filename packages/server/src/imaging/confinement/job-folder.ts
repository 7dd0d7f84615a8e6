import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  opendirSync,
  openSync,
  readSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobPlaces } from './plan.ts';

/** The files of one decoder's job, and nobody else's. */
export interface JobFolder extends JobPlaces {
  /** Where the decoder finds the file that is at `path`. Errors: the system's. */
  bring(path: string): Promise<string>;
  /** Where it is to write the output of that number. */
  output(index: number): string;
  /** Copies an output to `path`, where nothing is. Errors: the system's, `UnexpectedFile`. */
  fetch(index: number, path: string): void;
  /** Errors: the system's, `UnexpectedFile`. */
  empty(): void;
  remove(): Promise<void>;
}

/** A decoder left what it was not asked for. */
export class UnexpectedFile extends Error {}

/** More than any rendition takes: 16 megapixels of noise in a PNG are 64 MB. */
const MAX_OUTPUT_BYTES = 256 * 1_048_576;
/** Outputs of the largest job, a file or two of libvips' own, and more than that. */
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
        linkSync(path, brought);
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        await copyFile(path, brought); // another file system, or one without links
      }
      return brought;
    },

    fetch: (index, path) => copy(output(index), path),

    empty: () => {
      inputs = 0;
      for (const path of [places.inputs, places.outputs]) clear(path);
    },

    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const LINK_REFUSALS = ['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

const isElsewhere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && LINK_REFUSALS.includes(String(error.code));

/**
 * Bytes, not a link: the decoder may still hold the file open. Here and now, as the store reads what was made: a turn through libuv's
 * threads costs more.
 */
function copy(from: string, to: string): void {
  const bytes = bytesOf(from);
  writeFileSync(to, bytes, { flag: 'wx' });
}

function bytesOf(path: string): Buffer {
  const descriptor = openOutput(path);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > MAX_OUTPUT_BYTES) throw new UnexpectedFile(`${stats.size} bytes`);
    const bytes = Buffer.allocUnsafe(stats.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(descriptor, bytes, length, bytes.length - length, length);
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** Through no symbolic link, and without waiting for the other end of a pipe. */
function openOutput(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new UnexpectedFile('no file', { cause });
  }
}

function clear(path: string): void {
  const entries = opendirSync(path);
  try {
    for (let count = 0; ; count++) {
      const entry = entries.readSync();
      if (!entry) return;
      if (count === MAX_FILES || entry.isDirectory()) throw new UnexpectedFile(entry.name);
      unlinkSync(join(path, entry.name));
    }
  } finally {
    entries.closeSync();
  }
}
