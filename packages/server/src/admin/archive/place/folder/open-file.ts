import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { unlessAbsent } from '../../../../object-store/staging/file-fault.ts';
import type { FolderFaults } from './folder-fault.ts';

/** The bytes of a file; undefined: there is no such file. */
export async function openFile(path: string, { onTarget }: FolderFaults): Promise<Readable | undefined> {
  const handle = await onTarget(unlessAbsent(open(path, READ)));
  return handle && streamOf(handle, onTarget);
}

/** Refuses symbolic links, and doesn't block on a pipe without a writer. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0); // Windows has neither flag

/** Closes the file also if nobody begins to read. */
function streamOf(handle: FileHandle, onTarget: FolderFaults['onTarget']): Readable {
  const stream = Readable.from(chunksOf(handle, onTarget), { objectMode: false });
  return stream.once('close', () => void handle.close().catch(() => undefined));
}

async function* chunksOf(handle: FileHandle, onTarget: FolderFaults['onTarget']): AsyncGenerator<Uint8Array> {
  while (true) {
    const { bytesRead, buffer } = await onTarget(handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

const CHUNK_BYTES = 65_536;
