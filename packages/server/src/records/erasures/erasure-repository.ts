import type { Deletion } from '../../domain/user/deletion.ts';
import type { Erasure } from '../../domain/user/erasure.ts';

/**
 * What remains of users whose data was deleted, and deletions on their way. A resolved write survives a power cut.
 * Errors: those of `ImageRepository`.
 */
export interface ErasureRepository {
  /** The key of the users' hashes, in lower-case hex; undefined: there is none yet. */
  key(): Promise<string | undefined>;

  /** Stores the key if there is none; the stored one. */
  addKey(key: string): Promise<string>;

  /** Adds an erasure, which blocks its user from now on; false if one with that id exists. */
  add(erasure: Erasure): Promise<boolean>;

  /** All erasures of a user. */
  of(userHash: string): Promise<readonly Erasure[]>;

  /** All erasures of all users, in any order. */
  all(): AsyncIterable<Erasure>;

  /**
   * The blocks that end after `now`; undefined: nobody is blocked. Its cost depends on the number of blocked users
   * alone.
   */
  blocks(now: Date): Promise<Blocks | undefined>;

  deletion(userHash: string): Promise<Deletion | undefined>;

  /** Replaces the deletion of its user. */
  putDeletion(deletion: Deletion): Promise<void>;

  /** Those that haven't ended. */
  openDeletions(): Promise<readonly Deletion[]>;
}

export interface Blocks {
  readonly key: string;
  /** By the hash of each blocked user. */
  readonly until: ReadonlyMap<string, Date>;
}
