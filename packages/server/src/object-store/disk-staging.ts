import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { onDisk } from './disk-fault.ts';
import { entityTagOf, inodeOf } from './disk-inode.ts';
import type { LocalFile, StageOptions } from './object-store.ts';

/** A staged file, with the entity tag that it keeps under any key. */
export interface StagedFile extends LocalFile {
  readonly entityTag: string;
}

export interface Staging {
  stage(body: AsyncIterable<Uint8Array>, options: StageOptions): Promise<StagedFile>;
  /** A path in the folder that nothing has. */
  vacantPath(): string;
}

/** Receives files into `folder`; `onStaged` hears the hash of every inode made. What a crash left there is removed. */
export function createStaging(folder: string, onStaged: (inode: string, sha256: string) => void): Staging {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const vacantPath = () => join(folder, randomUUID());

  return {
    vacantPath,
    async stage(body, options) {
      const path = vacantPath();
      // What can't be removed now is at the next start: it must not hide how the work itself ended.
      const dispose = () => rm(path, { force: true }).catch(() => undefined);
      try {
        await using handle = await onDisk(open(path, 'wx'));
        const { sha256, sizeBytes } = await receive(body, handle, options);
        await onDisk(handle.sync());
        const stats = await onDisk(handle.stat({ bigint: true }));
        onStaged(inodeOf(stats), sha256);
        return { path, sizeBytes, sha256, entityTag: entityTagOf(stats), [Symbol.asyncDispose]: dispose };
      } catch (error) {
        await dispose();
        throw error;
      }
    },
  };
}

/** The body's own errors are the sender's and pass unchanged: only the file's are put in the port's words. */
async function receive(body: AsyncIterable<Uint8Array>, handle: FileHandle, { maxBytes }: StageOptions) {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw new AppError('upload-too-large', `expected at most ${maxBytes} bytes; came more`);
    hash.update(chunk);
    await onDisk(handle.writeFile(chunk)); // unlike write(), goes on until the chunk is written whole
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
