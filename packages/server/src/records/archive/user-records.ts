import type { ApiKey } from '../../domain/access/api-key.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { DeletionCounts } from '../../domain/user/deletion.ts';

/**
 * The records of one user, for operators' commands. Each call reads as much as `RecordArchive` does. Errors: those of
 * `ImageRepository`.
 */
export interface UserRecords {
  /** How many uses of Idempotency-Keys are stored. */
  countKeyUses(userId: string): Promise<number>;

  /**
   * Removes for good what names the user: records of images, which nobody changes any more because they are deleted;
   * albums; API keys; uses of Idempotency-Keys; counts of tokens; revocations; usage and limits. Idempotent, and
   * continues after a crash.
   */
  remove(user: UserToRemove): Promise<RemovedRecords>;

  /**
   * Leaves nothing of removed records in the files of SQLite, and in what PostgreSQL shows of its tables; the files of
   * PostgreSQL and DynamoDB are their own. Errors: `unavailable`, on SQLite if somebody else reads for long.
   */
  scrub(): Promise<void>;
}

export interface UserToRemove {
  readonly userId: string;
  readonly imageIds: readonly ImageId[];
  readonly tokenIds: readonly string[];
  /**
   * Those of the user are removed, and the user is taken out of others: of each as it is by then, if it still exists.
   */
  readonly keys: readonly ApiKey[];
}

export type RemovedRecords = Pick<DeletionCounts, 'keys' | 'keysChanged' | 'tokenCounts' | 'keyUses'>;
