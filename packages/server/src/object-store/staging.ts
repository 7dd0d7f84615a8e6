import type { Payer } from '../domain/access/payer.ts';
import type { Floor } from './disk-space.ts';

/**
 * Files on this machine without a key. Errors: `insufficient-storage` or `overloaded` if the disk is full, `overloaded`
 * if staged files take all the bytes allowed, `unavailable` if the disk fails; errors of a body and of `write` pass
 * unchanged. After an error the files are removed.
 */
export interface Staging {
  /** Receives a body into a file, hashing it on the way. */
  stage(body: AsyncIterable<Uint8Array>, options: StageOptions): Promise<LocalFile>;

  /**
   * Takes over `count` files that `write` makes at the given free paths or, instead, returns, in the same order.
   * `undefined` stands for a file that `write` did not make, or that is not a regular file.
   */
  stageFiles(
    count: number,
    write: (paths: readonly string[]) => Promise<readonly (Uint8Array<ArrayBuffer> | null)[]>,
  ): Promise<readonly (MadeFile | undefined)[]>;
}

export interface StageOptions {
  /** A longer body fails with `upload-too-large`. */
  readonly maxBytes: number;
  /** Whose share of the space the file takes; absent: only the whole is bounded. */
  readonly payer?: Payer | undefined;
  /** What stays free of the disk (disk-space.ts); absent: the file may take the rest of it. */
  readonly leaving?: Floor;
  /** The bytes that the sender announced, which are kept for this file. */
  readonly announcedBytes?: number;
}

/** A complete file on this machine, or in memory. Disposing removes the staged file, not objects stored from it. */
interface WholeFile extends AsyncDisposable {
  readonly sizeBytes: number;
}

/** A received file, with its hash. */
export interface LocalFile extends WholeFile {
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A file that was made on this machine of other files: a store makes it durable, or can tell that it is damaged. */
export type MadeFile = WholeFile & {
  /** All bytes of a file of any size. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
} & MadeBytes;

/** Callers must not modify `bytes`. */
type MadeBytes =
  | { readonly path: null; readonly bytes: Uint8Array<ArrayBuffer> }
  /** `bytes`: all those of a small file (at most 1 MB), because its caller reads them next. */
  | { readonly path: string; readonly bytes: Uint8Array<ArrayBuffer> | null };
