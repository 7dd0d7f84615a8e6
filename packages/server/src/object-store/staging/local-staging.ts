import { createHash, randomUUID } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { open, readFile, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { uploadTooLarge } from '../../domain/errors.ts';
import type { DiskSpace } from '../disk-space.ts';
import type { LocalFile, MadeFile, StageOptions, Staging } from '../staging.ts';
import { ENDLESS } from './disk-space.ts';
import { diskFault, meansAbsent, temporaryFault } from './file-fault.ts';
import { createStagingSpace, type StagedBytes } from './staging-space.ts';

/** Staging in one folder of this machine. Disposing removes the folder. */
export interface LocalStaging extends Staging, AsyncDisposable {
  stage(body: AsyncIterable<Uint8Array>, options: StageOptions): Promise<ReceivedFile>;
  /** A free path in the folder. */
  vacantPath(): string;
}

export interface ReceivedFile extends LocalFile {
  /** The entity tag of the whole file, which is never written to again. */
  readonly stats: BigIntStats;
}

export type StagingOptions = StagedFiles & {
  /** The free space of the folder's disk; absent: files may take all of it. */
  readonly diskSpace?: DiskSpace;
};

/** How the store takes over a staged file. */
type StagedFiles =
  /** The store links to the file. So a received file is synced, and a full disk is `insufficient-storage`. */
  | { readonly files: 'linked' }
  /**
   * The store copies the bytes elsewhere. A full disk, or more than `maxBytes` in all files, is `overloaded`: disposing
   * makes room.
   */
  | { readonly files: 'temporary'; readonly maxBytes: number };

/** Files made here up to this size are also kept in memory: a picture of 2,048 pixels a side takes about half of it. */
const MAX_KEPT_BYTES = 1_048_576;

/** Refuses symbolic links, which would lead out of the folder, and folders, which can't be opened for writing. */
const FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Receives files into `folder`, which is made anew: leftovers of a crash are removed. */
export function createLocalStaging(folder: string, options: StagingOptions): LocalStaging {
  const { diskSpace = ENDLESS } = options;
  const isLinked = options.files === 'linked';
  const space = createStagingSpace({ maxBytes: isLinked ? Number.POSITIVE_INFINITY : options.maxBytes });
  const onDisk = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw isLinked ? diskFault(error) : temporaryFault(error);
    });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const vacantPath = () => join(folder, randomUUID());
  // The next start removes what can't be removed now; an error here must not hide the outcome of the work itself.
  const remove = async (path: string) => {
    try {
      await unlink(path);
    } catch (error) {
      if (!meansAbsent(error)) await rm(path, { recursive: true, force: true }).catch(() => undefined); // a folder
    }
  };

  /** Removes a file and frees its reserved bytes. */
  const endOf = (path: string, taken: StagedBytes) => async (): Promise<void> => {
    await remove(path);
    taken[Symbol.dispose]();
  };

  /** Undefined if there is no file. Synchronous: the file was just written, so it is in the kernel's memory. */
  function stageFile(path: string, taken: StagedBytes): MadeFile | undefined {
    const descriptor = openMade(path);
    if (descriptor === undefined) return undefined;
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return undefined;
      taken.note(stats.size);
      const bytes = stats.size <= MAX_KEPT_BYTES ? alone(readFileSync(descriptor)) : null;
      const read = async () => (await onDisk(readFile(path))).subarray(0, stats.size); // never pooled
      return { path, sizeBytes: stats.size, bytes, read, [Symbol.asyncDispose]: endOf(path, taken) };
    } finally {
      closeSync(descriptor);
    }
  }

  return {
    vacantPath,

    async stage(body, limits) {
      const { leaving = 'reserve', announcedBytes = 0, payer } = limits;
      using arriving = await (limits.leaving ? diskSpace : ENDLESS).open({ announcedBytes, leaving, payer });
      const path = vacantPath();
      const taken = space.open(limits.payer);
      const end = endOf(path, taken);
      try {
        await using handle = await onDisk(open(path, 'wx'));
        const sha256 = await receive(body, limits, async (chunk) => {
          taken.add(chunk.byteLength);
          await arriving.add(chunk.byteLength);
          return onDisk(handle.writeFile(chunk)); // unlike write(), continues until the whole chunk is written
        });
        const [stats] = await onDisk(Promise.all([handle.stat({ bigint: true }), isLinked && handle.sync()]));
        return { path, sizeBytes: Number(stats.size), sha256, stats, [Symbol.asyncDispose]: end };
      } catch (error) {
        await end();
        throw error;
      }
    },

    async stageFiles(count, write) {
      const made = Array.from({ length: count }, () => ({ path: vacantPath(), taken: space.open() }));
      try {
        const inMemory = await write(made.map(({ path }) => path));
        const files: (MadeFile | undefined)[] = [];
        for (const [index, { path, taken }] of made.entries()) {
          const bytes = inMemory[index];
          files.push(bytes ? held(bytes, taken) : await onDisk(Promise.try(stageFile, path, taken)));
        }
        return files;
      } catch (error) {
        await Promise.all(made.map(({ path, taken }) => endOf(path, taken)()));
        throw error;
      }
    },

    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const held = (bytes: Uint8Array<ArrayBuffer>, taken: StagedBytes): MadeFile => ({
  path: null,
  sizeBytes: bytes.length,
  bytes,
  read: async () => bytes,
  [Symbol.asyncDispose]: async () => taken[Symbol.dispose](),
});

/** Undefined if there is no file. */
function openMade(path: string): number | undefined {
  try {
    return openSync(path, FLAGS);
  } catch (error) {
    if (meansAbsent(error)) return undefined;
    throw error;
  }
}

/** A small Buffer would keep the 64 KB pool that it shares with others alive. */
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
    if (sizeBytes > maxBytes) throw uploadTooLarge(maxBytes, 'more');
    sum.update(chunk);
    await write(chunk);
  }
  return sum.digest('hex');
}
