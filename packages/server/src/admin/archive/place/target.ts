import type { Readable } from 'node:stream';

/**
 * Where backups are: files by path, which begin and end whole. Errors of all methods: `unavailable` if the target can't
 * be reached or written, `insufficient-storage` if it is full; both name the target. Errors of a `source` are thrown
 * unchanged.
 */
export interface Target extends AsyncDisposable {
  /** As the operator named it. */
  readonly name: string;

  /** The size in bytes; undefined: there is no such file. */
  sizeOf(path: TargetPath): Promise<number | undefined>;

  /**
   * Stores the bytes of `source` under `path`, replacing a file there: atomically, and durable when it resolves.
   * Nothing is stored if `source` fails.
   */
  put(path: TargetPath, source: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<void>;

  /** The bytes; undefined: there is no such file. Read it to its end, or destroy it. */
  get(path: TargetPath): Promise<Readable | undefined>;

  /** All files whose path begins with `prefix`, which ends in `/` or is empty; in no particular order. */
  list(prefix: string): AsyncIterable<{ readonly path: TargetPath; readonly sizeBytes: number }>;

  /** Removes the existing files among `paths`. */
  delete(paths: readonly TargetPath[]): Promise<void>;

  /** Stores a small file if there is none; false: there is one. */
  create(path: TargetPath, text: string): Promise<boolean>;

  /** Replaces a small file if its content still is `from`; false: it isn't. Of several at once at most one succeeds. */
  replace(path: TargetPath, from: string, to: string): Promise<boolean>;
}

export interface PutOptions {
  /** The exact size, if it is known: then a target that hasn't the space is found before anything is written. */
  readonly sizeBytes?: number | undefined;
}

/** Names of `A-Za-z0-9._-` that begin with a letter or digit, separated by `/`. */
export type TargetPath = string;

/** Marks a target, so that no other folder or bucket is taken for one. Made once, never changed. */
export const MARK_PATH = 'safelight.json';
export const MARK = '{"format":1}\n';
export const LOCK_PATH = 'lock.json';

/** Errors: TypeError. */
export function requirePath(path: TargetPath): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(path))
    throw new TypeError(`expected a path of a target; got ${JSON.stringify(path)}`);
}

/**
 * The first megabyte of a small file as text, so that a damaged one can't fill the memory; undefined: there is no such
 * file.
 */
export async function readText(target: Target, path: TargetPath): Promise<string | undefined> {
  const stream = await target.get(path);
  if (!stream) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MAX_TEXT_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Larger than any small file: an erasure of 1,000 ids has 40 kB. */
const MAX_TEXT_BYTES = 1_048_576;

export const putText = (target: Target, path: TargetPath, text: string): Promise<void> => {
  const bytes = Buffer.from(text);
  return target.put(path, once(bytes), { sizeBytes: bytes.byteLength });
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
