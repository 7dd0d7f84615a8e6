import { AppError } from '../../domain/errors.ts';

/** Counts the bytes of a folder for files on their way, so that these never fill its disk. */
export interface StagingSpace {
  /** Of one file more. Errors: `overloaded` when nothing is left. */
  open(): StagedBytes;
}

/** What one file takes. Dispose when it is gone. */
export interface StagedBytes extends Disposable {
  /** Before they are written. Errors: `overloaded` when they don't fit. */
  add(bytes: number): void;
  /** Of a file that is there already: counted, whether or not it fits. */
  note(bytes: number): void;
}

/** `maxBytes`: infinite where what is on its way stays on the same disk. */
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
