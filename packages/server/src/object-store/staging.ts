/**
 * Files of this machine that have no key yet. Errors: `insufficient-storage` or `overloaded` when their disk is full, `overloaded`
 * when the files on their way take all the bytes they may, `unavailable` when the disk fails; the errors of a body and of `write` pass
 * unchanged. After an error nothing of the files is left.
 */
export interface Staging {
  /** Receives a body into a file, hashing the bytes as they pass. */
  stage(body: AsyncIterable<Uint8Array>, options: StageOptions): Promise<LocalFile>;

  /**
   * Takes over `count` files that `write` makes at the paths it is given, which are free. `undefined` stands for a file that `write`
   * did not make, or that is not a regular file.
   */
  stageFiles(
    count: number,
    write: (paths: readonly string[]) => Promise<void>,
  ): Promise<readonly (MadeFile | undefined)[]>;
}

export interface StageOptions {
  /** A body of one byte more fails with `upload-too-large`. */
  readonly maxBytes: number;
}

/** Bytes at a path of this machine, whole. Disposing gives up the file, not what was stored from it. */
interface WholeFile extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
}

/** A file whose bytes were hashed as they came. */
export interface LocalFile extends WholeFile {
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A file that was made here. */
export interface MadeFile extends WholeFile {
  /** All bytes of a small file (1 MB at most), since its caller reads them next. Nobody may write to them. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}
