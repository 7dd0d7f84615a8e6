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
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../domain/errors.ts';
import { meansAbsent, onDisk } from './disk-fault.ts';
import { entityTagOf, inodeOf } from './disk-inode.ts';
import type { LocalFile, MadeFile, StageOptions } from './object-store.ts';

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
  readonly onStaged: (inode: string, sha256: string) => void;
}

/** Receives files into `folder`. What a crash left there is removed. */
export function createStaging(folder: string, { isLinked, onStaged }: StagingOptions): Staging {
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

  function staged(path: string, sha256: string, stats: BigIntStats): StagedFile {
    onStaged(inodeOf(stats), sha256);
    const [sizeBytes, entityTag] = [Number(stats.size), entityTagOf(stats)];
    return { path, sizeBytes, sha256, entityTag, [Symbol.asyncDispose]: () => remove(path) };
  }

  /** Undefined when no file is there. */
  async function stageFile(path: string): Promise<MadeFile | undefined> {
    const descriptor = openMade(path);
    if (descriptor === undefined) return undefined;
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return undefined;
      if (isLinked) await synced(descriptor);
      const bytes = stats.size <= MAX_KEPT_BYTES ? alone(readFileSync(descriptor)) : null;
      return { path, sizeBytes: stats.size, bytes, [Symbol.asyncDispose]: () => remove(path) };
    } finally {
      closeSync(descriptor);
    }
  }

  return {
    vacantPath,

    async stage(body, options) {
      const path = vacantPath();
      try {
        await using handle = await onDisk(open(path, 'wx'));
        const sha256 = await receive(body, handle, options);
        if (isLinked) await onDisk(handle.sync());
        return staged(path, sha256, await onDisk(handle.stat({ bigint: true })));
      } catch (error) {
        await remove(path);
        throw error;
      }
    },

    async stageFiles(count, write) {
      const paths = Array.from({ length: count }, vacantPath);
      try {
        await write(paths);
        const files: (MadeFile | undefined)[] = [];
        for (const path of paths) files.push(await onDisk(stageFile(path)));
        return files;
      } catch (error) {
        await Promise.all(paths.map(remove));
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

/** The body's own errors are the sender's and pass unchanged: only the file's are put in the port's words. */
async function receive(
  body: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  { maxBytes }: StageOptions,
): Promise<string> {
  const sum = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw new AppError('upload-too-large', `expected at most ${maxBytes} bytes; came more`);
    sum.update(chunk);
    await onDisk(handle.writeFile(chunk)); // unlike write(), goes on until the chunk is written whole
  }
  return sum.digest('hex');
}
