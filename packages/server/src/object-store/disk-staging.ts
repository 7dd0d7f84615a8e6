import { createHash, randomUUID } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../domain/errors.ts';
import { diskFault, meansAbsent } from './disk-fault.ts';
import { entityTagOf, inodeOf } from './disk-inode.ts';
import type { LocalFile, MadeFile, StageOptions } from './object-store.ts';
import { createStagingSpace, type StagedBytes } from './staging-space.ts';

/** A staged file, with the entity tag that it keeps under any key. */
export interface StagedFile extends LocalFile {
  readonly entityTag: string;
}

export interface Staging {
  stage(body: AsyncIterable<Uint8Array>, options: StageOptions): Promise<StagedFile>;
  stageFiles(
    count: number,
    write: (paths: readonly string[]) => Promise<void>,
  ): Promise<readonly (MadeFile | undefined)[]>;
  /** A path in the folder that nothing has. */
  vacantPath(): string;
}

/** Of a file that was made: a picture of 2,048 pixels a side takes about half of it. */
const MAX_KEPT_BYTES = 1_048_576;

/** Not through a symbolic link, which would lead out of the folder. For writing, since Windows syncs nothing else. */
const FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const synced = promisify(fsync);

export interface StagingOptions {
  /** What is stored is a link to the staged file, so that a power cut must not take its bytes. Elsewhere no crash needs them. */
  readonly isLinked: boolean;
  /** Hears the hash of every inode received. */
  readonly onStaged?: (inode: string, sha256: string) => void;
  /** Of all files in the folder; unset: as much as its disk holds. */
  readonly maxBytes?: number;
  /** The file system's errors in the port's words. */
  readonly fault?: (error: unknown) => unknown;
}

/** Receives files into `folder`. What a crash left there is removed. */
export function createStaging(folder: string, options: StagingOptions): Staging {
  const { isLinked, onStaged = () => undefined, maxBytes = Number.POSITIVE_INFINITY, fault = diskFault } = options;
  const space = createStagingSpace({ maxBytes });
  const onDisk = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw fault(error);
    });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const vacantPath = () => join(folder, randomUUID());
  // What can't be removed now is at the next start: it must not hide how the work itself ended.
  const remove = async (path: string) => {
    try {
      unlinkSync(path);
    } catch (error) {
      if (!meansAbsent(error)) await rm(path, { recursive: true, force: true }).catch(() => undefined); // a folder
    }
  };

  /** A file's end, which gives back what it took. */
  const endOf = (path: string, taken: StagedBytes) => async (): Promise<void> => {
    await remove(path);
    taken[Symbol.dispose]();
  };

  function staged(path: string, sha256: string, stats: BigIntStats): Omit<StagedFile, typeof Symbol.asyncDispose> {
    onStaged(inodeOf(stats), sha256);
    return { path, sizeBytes: Number(stats.size), sha256, entityTag: entityTagOf(stats) };
  }

  /** Undefined when no file is there. */
  async function stageFile(path: string, taken: StagedBytes): Promise<MadeFile | undefined> {
    const descriptor = openMade(path);
    if (descriptor === undefined) return undefined;
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return undefined;
      if (isLinked) await synced(descriptor);
      taken.note(stats.size);
      const bytes = stats.size <= MAX_KEPT_BYTES ? alone(readFileSync(descriptor)) : null;
      return { path, sizeBytes: stats.size, bytes, [Symbol.asyncDispose]: endOf(path, taken) };
    } finally {
      closeSync(descriptor);
    }
  }

  return {
    vacantPath,

    async stage(body, limits) {
      const path = vacantPath();
      const taken = space.open();
      const end = endOf(path, taken);
      try {
        await using handle = await onDisk(open(path, 'wx'));
        const sha256 = await receive(body, limits, (chunk) => {
          taken.add(chunk.byteLength);
          return onDisk(handle.writeFile(chunk)); // unlike write(), goes on until the chunk is written whole
        });
        const [stats] = await onDisk(Promise.all([handle.stat({ bigint: true }), isLinked && handle.sync()]));
        const file = staged(path, sha256, stats);
        return { ...file, [Symbol.asyncDispose]: end };
      } catch (error) {
        await end();
        throw error;
      }
    },

    async stageFiles(count, write) {
      const made = Array.from({ length: count }, () => ({ path: vacantPath(), taken: space.open() }));
      try {
        await write(made.map(({ path }) => path));
        const files: (MadeFile | undefined)[] = [];
        for (const { path, taken } of made) files.push(await onDisk(stageFile(path, taken)));
        return files;
      } catch (error) {
        await Promise.all(made.map(({ path, taken }) => endOf(path, taken)()));
        throw error;
      }
    },
  };
}

/** Undefined where there is none. Here and now: a turn through libuv's threads costs more than to open what was just written. */
function openMade(path: string): number | undefined {
  try {
    return openSync(path, FLAGS);
  } catch (error) {
    if (meansAbsent(error)) return undefined;
    throw error;
  }
}

/** A small one would keep the 64 KB that it shares with others alive. */
const alone = (bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> =>
  bytes.buffer.byteLength === bytes.byteLength ? bytes : Buffer.from(new Uint8Array(bytes).buffer);

/** Errors: the body's own, which are the sender's, and those of `write`. */
async function receive(
  body: AsyncIterable<Uint8Array>,
  { maxBytes }: StageOptions,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<string> {
  const sum = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw new AppError('upload-too-large', `expected at most ${maxBytes} bytes; came more`);
    sum.update(chunk);
    await write(chunk);
  }
  return sum.digest('hex');
}
