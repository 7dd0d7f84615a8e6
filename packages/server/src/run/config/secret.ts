import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { link, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_SECRET_BYTES, MIN_SECRET_BYTES } from '../../domain/access/own-secret.ts';
import { AppError } from '../../domain/errors.ts';
import type { Observer } from '../../observe/observer/observer.ts';

/** The purpose of a subkey: no two uses share a key, so that a signature for one is invalid for another. */
export type Purpose =
  | 'disk-endpoint'
  | 'disk-endpoint-id'
  | 'cursors'
  | 'key-cursors'
  | 'render-links'
  | 'preset-urls'
  | 'share-links'
  | 'album-links'
  | 'album-pictures'
  | 'guest-passes'
  | 'upload-tokens'
  | 'view-tokens'
  | 'view-cursors'
  | 'event-cursors'
  | 'webhook-secrets'
  | 'delivery-cursors'
  | 'fetch-sources';

/** 256-bit key of one purpose (HKDF-SHA-256, RFC 5869). */
export const subkey = (secret: string, purpose: Purpose): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'safelight', purpose, 32));

/** The data folder's own secret, made on first use (or `first`, of a backup) and readable by its owner only. */
export async function ownSecret(
  dataDir: string,
  first = randomBytes(MIN_SECRET_BYTES).toString('base64url'),
): Promise<string> {
  const path = join(dataDir, 'secret');
  const secret = (await read(path)) ?? (await make(dataDir, path, first));
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret;
  throw inDataDir(
    `expected at least ${MIN_SECRET_BYTES} bytes in ${path}; got fewer: remove it, and the service makes a new one`,
  );
}

/** The secret in the folder; undefined: there is none. */
export const knownSecret = (dataDir: string): Promise<string | undefined> => read(join(dataDir, 'secret'));

const FOR_OTHERS = 0o077;

/**
 * The text of a file with a secret, which `variable` names. Emits a `warning` if other users may read the file. Errors:
 * a sentence for the operator.
 */
export async function secretFrom(
  path: string,
  variable: 'SECRET_KEY_FILE' | 'DATABASE_URL_FILE',
  observe: Observer,
): Promise<string> {
  try {
    await using file = await open(path);
    const found = await file.stat();
    const { size, mode } = found;
    if (found.isDirectory()) throw new Error('it is a folder');
    if (size > MAX_SECRET_BYTES) throw new Error(`expected at most ${MAX_SECRET_BYTES} bytes; got ${size}`);
    if (process.platform !== 'win32' && (mode & FOR_OTHERS) !== 0) {
      const sentence = `Other users can read ${path}, which holds the secret: run chmod 600 on it.`;
      observe({ event: 'warning', sentence });
    }
    return (await file.readFile('utf8')).trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new AppError('unavailable', `${variable}: expected a readable file; got an error: ${reason}`, { cause });
  }
}

/** May read all files anyway. */
const ROOT = 0;

const foreign = (path: string, owner: number, user: number): string =>
  `expected a secret of the service's user; ${path} belongs to user ${owner}, and the service runs as ${user}; chown it to ${user} if that user may know the secret, else remove it, and the service makes a new one`;

async function read(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path);
    const { uid } = await file.stat();
    const user = process.geteuid?.(); // Windows has none
    if (user !== undefined && uid !== user && uid !== ROOT) throw inDataDir(foreign(path, uid, user));
    return (await file.readFile('utf8')).trim();
  } catch (error) {
    if (error instanceof AppError || !(error instanceof Error)) throw error;
    if ('code' in error && error.code === 'ENOENT') return undefined;
    throw inDataDir(`expected a readable file ${path}; got an error: ${error.message}`);
  }
}

const inDataDir = (detail: string): AppError => new AppError('unavailable', `DATA_DIR: ${detail}`);

/** The first process to link its file wins; the others read that one. */
async function make(dataDir: string, path: string, secret: string): Promise<string> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, `${secret}\n`, { mode: 0o600, flush: true });
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temporary, { force: true });
  }
  await using folder = await open(dataDir);
  await folder.sync();
  return (await read(path)) ?? '';
}
