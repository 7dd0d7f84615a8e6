import { closeSync, constants, fsync, openSync, readFileSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { type ObjectKey, storedKey } from '../../domain/image/object-key.ts';
import type { LocalFile, MadeFile } from '../staging.ts';

/*
 * A rendition isn't synced, because it can be made again. Its file ends with 16 bytes: a mark, the CRC-32 of the bytes
 * before them, and their number. After a power cut the file may be shorter, or contain zeros: then the end doesn't fit
 * it, and the rendition counts as absent. A rendition of more than 1 MB is synced instead, so that no large file is
 * read twice.
 */

const MARK = Buffer.from('SLr1');
const CRC_AT = MARK.length;
const LENGTH_AT = CRC_AT + 4;
const END_BYTES = LENGTH_AT + 8;

/** The limit of a file with such an end, including the end. */
export const MAX_CHECKED_BYTES = 1_048_576 + END_BYTES;

/** Windows syncs only what is open for writing. */
const FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);

/** Whether files of the key have such an end, unless they are larger. A working copy has a hash in its record. */
export const isChecked = (key: ObjectKey): boolean => storedKey(key)?.kind === 'rendition';

/** The bytes before a file's end; undefined if the file isn't whole. */
export function contentOf(file: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const length = file.length - END_BYTES;
  if (length < 0 || !file.subarray(length, length + CRC_AT).equals(MARK)) return undefined;
  if (file.readBigUInt64LE(length + LENGTH_AT) !== BigInt(length)) return undefined;
  const content = file.subarray(0, length);
  return file.readUInt32LE(length + CRC_AT) === crc32(content) ? content : undefined;
}

/** Prepares a staged file for a key: afterwards it is durable, or its damage is noticed. May be called twice. */
export async function secureFile(key: ObjectKey, file: LocalFile | MadeFile): Promise<void> {
  if (!isChecked(key) || file.sizeBytes > MAX_CHECKED_BYTES - END_BYTES) {
    if ('bytes' in file) await syncFile(file.path); // a received file is synced
    return;
  }
  const bytes = 'bytes' in file && file.bytes ? file.bytes : readFileSync(file.path).subarray(0, file.sizeBytes);
  const descriptor = openSync(file.path, FLAGS);
  try {
    writeSync(descriptor, endOf(bytes), 0, END_BYTES, file.sizeBytes); // to the kernel's memory
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

function endOf(bytes: Uint8Array): Buffer {
  const end = Buffer.alloc(END_BYTES);
  MARK.copy(end);
  end.writeUInt32LE(crc32(bytes), CRC_AT);
  end.writeBigUInt64LE(BigInt(bytes.length), LENGTH_AT);
  return end;
}
