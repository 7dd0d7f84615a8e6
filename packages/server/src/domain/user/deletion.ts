import type { ActorId } from '../access/actor-id.ts';

/**
 * The deletion of a user's data, from its begin on. It has the user's id until it has ended; then it is the receipt.
 */
export interface Deletion {
  /** HMAC-SHA256 of the user's id by the service's erasure key, in lower-case hex. */
  readonly userHash: string;
  /** null: no record has it any more. */
  readonly userId: string | null;
  readonly startedAt: Date;
  readonly blockedUntil: Date;
  /** By then the last URL that was given out for the user takes no bytes any more. */
  readonly urlsEndAt: Date;
  readonly endedAt: Date | null;
  /**
   * Who asked for it over HTTP, while nobody has hidden all images yet. Nor is the user blocked then, unless
   * `blockedUntil` is to come.
   */
  readonly askedBy: ActorId | null;
  readonly counts: DeletionCounts;
}

/** What was removed. What a process removed just before it was killed isn't counted, but for images. */
export interface DeletionCounts {
  /** Records of images, in all states. */
  readonly images: number;
  /** Originals, incoming bytes, renditions and working copies. */
  readonly objects: number;
  /** Former versions of objects, and markers of deletions, of a bucket with versions. */
  readonly versions: number;
  /** Objects and versions that the last attempt had to leave: the store denies their removal, as with Object Lock. */
  readonly kept: number;
  /** API keys that the user owned, and those of others that acted for nobody else. */
  readonly keys: number;
  /** API keys of others that named the user among those for whom they act. */
  readonly keysChanged: number;
  /** Counts of upload tokens by which images came. */
  readonly tokenCounts: number;
  /** Uses of Idempotency-Keys. */
  readonly keyUses: number;
}

/** Whether nothing of the user was found: nobody was blocked, and this is no receipt. */
export const hasFoundNothing = ({ endedAt, startedAt, blockedUntil }: Deletion): boolean =>
  endedAt !== null && blockedUntil.getTime() === startedAt.getTime();

export const NOTHING_REMOVED: DeletionCounts = {
  images: 0,
  objects: 0,
  versions: 0,
  kept: 0,
  keys: 0,
  keysChanged: 0,
  tokenCounts: 0,
  keyUses: 0,
};
