import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../domain/errors.ts';
import { diskFault } from '../../../object-store/staging/file-fault.ts';

/**
 * A file of this process alone for the records of one backup. It has no name, so nothing of it is left after a kill.
 */
export interface Spool extends AsyncDisposable {
  /** Errors: `insufficient-storage`. */
  append(bytes: Uint8Array | string): Promise<void>;
  read(): AsyncIterable<Uint8Array>;
  readAt(offset: number, bytes: number): Promise<Buffer>;
  /** What was appended, in bytes. */
  size(): number;
}

/** Stays free for the service, whose records are on the same disk. */
const SPARE_BYTES = 64 * 1_048_576;
/** Free space is measured again after so many bytes. */
const MEASURED_BYTES = 16 * 1_048_576;
const CHUNK_BYTES = 65_536;

/** `folder`: is made if it is missing. */
export async function openSpool(folder: string): Promise<Spool> {
  const handle = await openNameless(folder).catch((error: unknown) => {
    throw diskFault(error);
  });
  let end = 0;
  let measuredAt = Number.NEGATIVE_INFINITY;

  async function requireSpace(): Promise<void> {
    if (end - measuredAt < MEASURED_BYTES) return;
    measuredAt = end;
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (free < SPARE_BYTES + MEASURED_BYTES)
      throw new AppError(
        'insufficient-storage',
        `expected ${SPARE_BYTES + MEASURED_BYTES} free bytes in ${folder} for the records of the backup; got ${free}`,
      );
  }

  return {
    async append(bytes) {
      const added = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      await requireSpace();
      try {
        for (let written = 0; written < added.byteLength; ) {
          const { bytesWritten } = await handle.write(added, written, added.byteLength - written, end + written);
          written += bytesWritten;
        }
      } catch (error) {
        throw diskFault(error);
      }
      end += added.byteLength;
    },
    async *read() {
      for (let at = 0; at < end; ) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
        if (bytesRead === 0) throw new Error(`expected ${end} bytes in the spool; got ${at}`);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
    async readAt(offset, bytes) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
      if (bytesRead !== bytes) throw new Error(`expected ${bytes} bytes at ${offset} in the spool; got ${bytesRead}`);
      return buffer;
    },
    size: () => end,
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function openNameless(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `backup-${randomUUID()}`);
  const handle = await open(path, 'wx+', 0o600);
  await rm(path);
  return handle;
}
