import { AppError } from '../../domain/errors.ts';
import { userHashOf } from '../../domain/user/user-hash.ts';
import type { Blocks, ErasureRepository } from './erasure-repository.ts';

/** A block by another process counts within this time. */
const MAX_AGE_MS = 5_000;

export interface BlockedUsers {
  /** Whether there is any blocked user. Errors: those of a read. */
  isAnyone(): Promise<boolean>;

  /** Whether the user's data was deleted, and the block hasn't ended. Errors: those of a read. */
  isBlocked(userId: string): Promise<boolean>;

  /** Errors: `user-erased`; those of a read. */
  requireUnblocked(userId: string): Promise<void>;

  /** Makes the next call read the blocks again. */
  outdate(): void;
}

export interface BlockedUsersOptions {
  readonly read: ErasureRepository['blocks'];
  readonly clock: { now(): Date; elapsedMs(): number };
}

/**
 * Reads the blocks at most once in `MAX_AGE_MS`. While nobody is blocked, a call only compares two numbers in between.
 */
export function createBlockedUsers({ read, clock }: BlockedUsersOptions): BlockedUsers {
  let latest: Read | undefined;

  /** Errors aren't kept. An outdated read is for those who wait for it. */
  function current(): Promise<Blocks | undefined> | Blocks | undefined {
    const readMs = clock.elapsedMs();
    if (latest && readMs - latest.readMs < MAX_AGE_MS) return latest.blocks;
    const own: Read = { readMs, blocks: read(clock.now()) };
    latest = own;
    Promise.resolve(own.blocks).then(
      (blocks) => {
        own.blocks = blocks;
      },
      () => {
        if (latest === own) latest = undefined;
      },
    );
    return own.blocks;
  }

  async function isBlocked(userId: string): Promise<boolean> {
    const now = current();
    if (now === undefined) return false;
    const blocks = await now;
    const until = blocks?.until.get(userHashOf(blocks.key, userId));
    return until !== undefined && until > clock.now();
  }

  return {
    isAnyone: async () => (await current()) !== undefined,

    isBlocked,

    async requireUnblocked(userId) {
      if (!(await isBlocked(userId))) return;
      const detail = 'expected a user whom the service takes something from or for; got one whose data was deleted';
      throw new AppError('user-erased', detail);
    },

    outdate() {
      latest = undefined;
    },
  };
}

/** The answer, once it is there. */
interface Read {
  readonly readMs: number;
  blocks: Promise<Blocks | undefined> | Blocks | undefined;
}

/** `erasures` for those who delete users: what this process adds counts for its next request. */
export const outdatingBlocked = (
  erasures: ErasureRepository,
  { outdate }: Pick<BlockedUsers, 'outdate'>,
): ErasureRepository => ({ ...erasures, add: (erasure) => erasures.add(erasure).finally(outdate) });
