import type { Payer } from '../../domain/access/payer.ts';
import { AppError } from '../../domain/errors.ts';

/** Counts the bytes of staged files, so that they never fill the disk, and no payer takes all the space. */
export interface StagingSpace {
  /**
   * Space for one more file. `payer`: who sends it; absent: it counts in the whole only. Errors: `overloaded` if none
   * is left.
   */
  open(payer?: Payer): StagedBytes;
}

/** The space of one file. Dispose when the file is gone. */
export interface StagedBytes extends Disposable {
  /** Before the bytes are written. Errors: `overloaded` if they don't fit. */
  add(bytes: number): void;
  /** Counts an existing file, whether or not it fits. */
  note(bytes: number): void;
}

/**
 * An account may hold this many times the space that is left, and a member this many times what is left to its account
 * (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking, 1998). Alone a payer gets nine
 * thirteenths; a twentieth stays for other members of its account, and a quarter for other accounts.
 */
const SHARE_OF_LEFT = 3;

/** `maxBytes`: infinite if staged files stay on the same disk. */
export function createStagingSpace({ maxBytes }: { readonly maxBytes: number }): StagingSpace {
  let takenBytes = 0;

  /** By account and by member; one without files has no entry. */
  const takenBy = new Map<string, number>();

  const require = (bytes: number, holders: readonly string[]): void => {
    let leftBytes = maxBytes - takenBytes - bytes;
    for (const holder of holders) {
      if (leftBytes < 0) break;
      leftBytes = leftBytes * SHARE_OF_LEFT - (takenBy.get(holder) ?? 0) - bytes;
    }
    if (leftBytes < 0) throw new AppError('overloaded', 'expected free space in MAX_TEMPORARY_MB; got none');
  };

  const count = (bytes: number, holders: readonly string[]): void => {
    takenBytes += bytes;
    for (const holder of holders) {
      const ownBytes = (takenBy.get(holder) ?? 0) + bytes;
      if (ownBytes > 0) takenBy.set(holder, ownBytes);
      else takenBy.delete(holder);
    }
  };

  return {
    open(payer) {
      const holders = payer ? [JSON.stringify([payer.account]), JSON.stringify([payer.account, payer.member])] : [];
      require(1, holders);
      let ownBytes = 0;
      const note = (bytes: number): void => {
        ownBytes += bytes;
        count(bytes, holders);
      };
      return {
        add(bytes) {
          require(bytes, holders);
          note(bytes);
        },
        note,
        [Symbol.dispose]() {
          count(-ownBytes, holders);
          ownBytes = 0;
        },
      };
    },
  };
}
