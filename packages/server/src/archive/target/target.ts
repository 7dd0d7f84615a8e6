import type { Readable } from 'node:stream';

/**
 * Where backups are: files by path, which begin and end whole. Errors: `unavailable` if it can't be reached or written,
 * `insufficient-storage` if it is full; both name the target.
 */
export interface Target extends AsyncDisposable {
  /** As the operator named it. */
  readonly name: string;

  /** The size in bytes; undefined: there is no such file. */
  sizeOf(path: TargetPath): Promise<number | undefined>;

  /**
   * Stores the bytes of `source` under `path`, replacing a file there: atomically, and durable when it resolves. Nothing is stored if
   * `source` fails.
   */
  put(path: TargetPath, source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<void>;

  /** The bytes; undefined: there is no such file. */
  get(path: TargetPath): Promise<Readable | undefined>;

  /** All files whose path begins with `prefix`, which ends in `/` or is empty. */
  list(
    prefix: string,
  ): AsyncIterable<{ readonly path: TargetPath; readonly sizeBytes: number; readonly storedAt: Date }>;

  delete(paths: readonly TargetPath[]): Promise<void>;

  /** Stores a small file if there is none; false: there is one. */
  create(path: TargetPath, text: string): Promise<boolean>;

  /** Replaces a small file if its content still is `from`; false: it isn't. */
  replace(path: TargetPath, from: string, to: string): Promise<boolean>;
}

export interface PutOptions {
  /** The exact size, if it is known. */
  readonly sizeBytes?: number;
}

/** Of `A-Za-z0-9._-`, separated by `/`. */
export type TargetPath = string;
