import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { type SafelightClient, SafelightError } from '@safelight/client';

/** What tells that a file hasn't changed. Times are in nanoseconds. */
export interface Fingerprint {
  readonly size: number;
  readonly mtimeNs: bigint;
  /** Can't be set back by a program, unlike the time of modification. */
  readonly ctimeNs: bigint;
  readonly inode: bigint;
}

/** A file that begins like an image, and its content. */
export interface LocalImage {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: Blob;
}

export async function fingerprintOf(path: string): Promise<Fingerprint> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  return { size: Number(size), mtimeNs, ctimeNs, inode: ino };
}

export const isSame = (a: Fingerprint, b: Fingerprint): boolean =>
  a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode;

/** Raw files of cameras that begin as a TIFF does. The service refuses them only after all of their bytes. */
const RAW_NAME = /\.(?:dng|nef|nrw|cr2|arw|sr2|pef|srw|3fr)$/i;
const CHUNK_BYTES = 256 * 1024;

export interface Reading {
  /** Knows which types the service accepts. */
  readonly client: SafelightClient;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/**
 * Reads the file once, in chunks. Errors: `empty-upload`, `upload-too-large`, `unsupported-type`, `file-changed` if it
 * changes meanwhile, and those of the file system.
 */
export async function readImage(path: string, { client, maxBytes, signal }: Reading): Promise<LocalImage> {
  const fingerprint = await fingerprintOf(path);
  if (fingerprint.size > maxBytes)
    throw new SafelightError('upload-too-large', `expected at most ${maxBytes} bytes; got ${fingerprint.size}`, {
      params: { limit_bytes: maxBytes, got_bytes: fingerprint.size },
    });
  const bytes = await openAsBlob(path);
  if ((await client.typeOf(bytes, signal)) === 'image/tiff' && RAW_NAME.test(path))
    throw new SafelightError('unsupported-type', "expected an image; got a camera's raw file", {
      params: { got: 'image/x-raw' },
    });
  const sha256 = await hashOf(path, signal);
  await requireSame(path, fingerprint);
  return { path, fingerprint, sha256, bytes };
}

/** Reads into one buffer: streams would leave every byte of every file to the garbage collector. */
async function hashOf(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  await using file = await open(path);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, bytesRead));
  }
}

/** Errors: `file-changed`. */
export async function requireSame(path: string, fingerprint: Fingerprint): Promise<void> {
  if (isSame(fingerprint, await fingerprintOf(path))) return;
  throw new SafelightError('file-changed', `expected ${path} to stay as it was; it changed`);
}
