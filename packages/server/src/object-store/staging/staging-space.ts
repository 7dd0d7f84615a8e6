import { AppError } from '../../domain/errors.ts';

/** Counts the bytes of staged files, so that they never fill the disk. */
export interface StagingSpace {
  /** Reserves space for one more file. Errors: `overloaded` if none is left. */
  open(): StagedBytes;
}

/** The space of one file. Dispose when the file is gone. */
export interface StagedBytes extends Disposable {
  /** Before the bytes are written. Errors: `overloaded` if they don't fit. */
  add(bytes: number): void;
  /** Counts an existing file, whether or not it fits. */
  note(bytes: number): void;
}

/** `maxBytes`: infinite if staged files stay on the same disk. */
export function createStagingSpace({ maxBytes }: { readonly maxBytes: number }): StagingSpace {
  let takenBytes = 0;

  const require = (bytes: number): void => {
    if (takenBytes + bytes <= maxBytes) return;
    throw new AppError('overloaded', 'expected free space in MAX_TEMPORARY_MB; got none');
  };

  return {
    open() {
      require(1);
      let ownBytes = 0;
      const note = (bytes: number): void => {
        ownBytes += bytes;
        takenBytes += bytes;
      };
      return {
        add(bytes) {
          require(bytes);
          note(bytes);
        },
        note,
        [Symbol.dispose]() {
          takenBytes -= ownBytes;
          ownBytes = 0;
        },
      };
    },
  };
}
