import { closeSync, constants, fsync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { type ObjectKey, storedKey } from '../../domain/image/object-key.ts';
import type { LocalFile, MadeFile } from '../staging.ts';

/*
 * A rendition isn't synced, because it can be made again. Its file ends with 16 bytes: a mark, the CRC-32 of the bytes
 * before them, and their number. After a power cut the file may be shorter, or contain zeros: then the end doesn't fit
 * it, and the rendition counts as absent. A rendition of more than 1 MB is synced, so that no large file is read twice;
 * its end has no checksum.
 */

const MARK = Buffer.from('SLr1');
const CRC_AT = MARK.length;
const LENGTH_AT = CRC_AT + 4;
const END_BYTES = LENGTH_AT + 8;

const MAX_UNSYNCED_BYTES = 1_048_576;

/** The limit of an unsynced file, with its end. */
export const MAX_CHECKED_BYTES = MAX_UNSYNCED_BYTES + END_BYTES;

const NEW = 'wx';
/** Windows syncs only what is open for writing. */
const FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);

export type FileOnDisk = LocalFile | Extract<MadeFile, { readonly path: string }>;

/** Whether files of the key have such an end. A working copy has a hash in its record. */
export const isChecked = (key: ObjectKey): boolean => storedKey(key)?.kind === 'rendition';

/** The bytes before the end of an unsynced file; undefined if the file isn't whole. */
export function contentOf(file: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const length = file.length - END_BYTES;
  if (length < 0 || !isEnd(file.subarray(length), length)) return undefined;
  const content = file.subarray(0, length);
  return file.readUInt32LE(length + CRC_AT) === crc32(content) ? content : undefined;
}

/** The number of bytes before the end of a synced file; earlier versions wrote none. */
export async function contentBytesOf(handle: FileHandle, sizeBytes: number): Promise<number> {
  const length = sizeBytes - END_BYTES;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(END_BYTES), 0, END_BYTES, length);
  return bytesRead === END_BYTES && isEnd(buffer, length) ? length : sizeBytes;
}

const isEnd = (end: Buffer, length: number): boolean =>
  end.subarray(0, CRC_AT).equals(MARK) && end.readBigUInt64LE(LENGTH_AT) === BigInt(length);

/** Writes a new file for a key: afterwards it is durable, or its damage is noticed. */
export async function writeSecured(key: ObjectKey, bytes: Uint8Array<ArrayBuffer>, path: string): Promise<void> {
  const descriptor = openSync(path, NEW);
  try {
    if (isChecked(key)) {
      const isSmall = bytes.length <= MAX_UNSYNCED_BYTES;
      writeFileSync(descriptor, Buffer.concat([bytes, endOf(bytes.length, isSmall ? bytes : null)])); // to the kernel's memory
      if (!isSmall) await fsyncOf(descriptor);
    } else {
      writeFileSync(descriptor, bytes);
      await fsyncOf(descriptor);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Prepares a staged file for a key as `writeSecured` does. May be called twice. */
export async function secureFile(key: ObjectKey, file: FileOnDisk): Promise<void> {
  const { path, sizeBytes } = file;
  if (!isChecked(key)) {
    if ('bytes' in file) await syncFile(path); // a received file is synced
    return;
  }
  const isSmall = sizeBytes <= MAX_UNSYNCED_BYTES;
  const descriptor = openSync(path, FLAGS);
  try {
    const bytes = isSmall ? ('bytes' in file && file.bytes) || readFileSync(path).subarray(0, sizeBytes) : null;
    writeSync(descriptor, endOf(sizeBytes, bytes), 0, END_BYTES, sizeBytes); // to the kernel's memory
    if (!isSmall) await fsyncOf(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function syncFile(path: string): Promise<void> {
  const descriptor = openSync(path, FLAGS);
  try {
    await fsyncOf(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const fsyncOf = promisify(fsync);

function endOf(sizeBytes: number, bytes: Uint8Array | null): Buffer {
  const end = Buffer.alloc(END_BYTES);
  MARK.copy(end);
  if (bytes) end.writeUInt32LE(crc32(bytes), CRC_AT);
  end.writeBigUInt64LE(BigInt(sizeBytes), LENGTH_AT);
  return end;
}
