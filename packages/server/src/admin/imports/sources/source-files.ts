import type { SourceFault } from '../import-source.ts';

/** The files of a folder or a bucket: an import takes all of them, or those that a table names. */
export interface SourceFiles extends AsyncDisposable {
  /** As of `ImportSource`: `folder:/photos`, `s3:bucket`. */
  readonly name: string;

  /**
   * undefined: there is no such file. A fault: the path can't be one of a file here, as `../a.jpg`, or names something
   * else, as a symbolic link. Errors: `unavailable`.
   */
  stat(path: string): Promise<SourceFile | SourceFault | undefined>;

  /** The bytes; undefined: there is no such file. Errors: `unavailable`. */
  open(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;

  /**
   * All files in an order that stays the same; of a folder without hidden ones and those that only go with a picture,
   * as sidecars. What else there is and can't be read as a file comes as a fault. Memory is bounded. Errors:
   * `unavailable`.
   */
  list(): AsyncIterable<SourceFile | SourceFault>;
}

export interface SourceFile {
  /** Relative to the folder, with `/`; in a bucket the whole key. */
  readonly path: string;
  /** null: nobody says it before its bytes are here. */
  readonly sizeBytes: number | null;
  readonly modifiedAt: Date | null;
  /** How its image is called; absent: by the end of the path. */
  readonly filename?: string;
}
